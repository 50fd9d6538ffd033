"""PAM's simulator folders: the names, sizes and colours that the official scripts open (formats.md section 9)."""

import numpy as np

from pam_models.media import read_frames, read_image
from pam_models.readers.selection import Selection
from tests.pam_models.readers.export.conftest import Export
from tests.pam_models.readers.small_build import SmallBuild, pixels


def test_everything_that_is_opened_is_there(build: SmallBuild, export: Export) -> None:
    """Catches a missing video (tracking.mp4 is opened too), other colours, and frames of another clip."""
    folder, outcome = export("pam-sim", build, selection=Selection(clips=("clip0", "clip3")), width=288, height=192)
    assert any("fewer than the 49 frames" in message for message in outcome.messages)
    first = folder / "cube-0_0"
    names = {f"rendered_{name}_0.png" for name in ("rgb", "normal", "depth", "seg_mask", "hand_keypoints")}
    assert {path.name for path in first.iterdir()} == names | {
        f"{name}.mp4" for name in ("rgb", "tracking", "depth", "seg_mask", "hand_keypoints")
    }
    rgb = read_frames((first / "rgb.mp4").read_bytes())
    assert rgb.shape == (13, 192, 288, 3)
    assert np.abs(rgb[7, 40:140, 40:100].mean((0, 1)) - pixels(0, 8)[7, 20:70, 20:50].mean((0, 1))).max() < 4
    seg = read_image((first / "rendered_seg_mask_0.png").read_bytes())
    colours = {tuple(colour) for colour in np.unique(seg.reshape(-1, 3), axis=0).tolist()}
    assert (92, 0, 255) in colours and colours <= {(0, 0, 0), (92, 0, 255), (80, 50, 50)}
    assert (folder / "start_images.txt").read_text().split() == [
        "start_images/test_result_0_0.png", "start_images/test_result_1_0.png",
    ]  # fmt: skip
    assert (folder / "start_images" / "test_result_1_0.png").exists()
