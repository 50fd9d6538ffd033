"""tasks/report/panels.py: every panel shows its own video, frame by frame in step."""

import numpy as np
import pytest

from tasks.media import read_frames
from tasks.report.panels import GAP_PX, compose, compose_conditions, panel_size

CLIP = np.full((6, 48, 64, 3), 200, np.uint8)
JOINTS = np.full((6, 21, 2), np.nan)


def grey(levels: list[int]) -> np.ndarray:
    return np.array(levels, np.uint8)[:, None, None, None] * np.ones((1, 48, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ("size", "panel"), [((96, 144), (264, 396)), ((480, 720), (264, 396)), ((64, 256), (108, 432))]
)
def test_panels_keep_the_shape(size: tuple[int, int], panel: tuple[int, int]) -> None:
    """Catches stretched pictures, odd sides, and a paper-size clip that is not reduced."""
    assert panel_size(*size) == panel


def test_each_panel_in_its_place_and_in_step() -> None:
    """Catches exchanged panels and panels a frame late."""
    ramp = [0, 40, 80, 120, 160, 200]
    panels = compose(CLIP, grey(ramp), {"depth": grey(ramp[::-1]), "keypoints": grey([90] * 6)}, JOINTS, 15.0)
    assert panels.names == (
        "generated clip",
        "known joints on the clip",
        "renderer’s preview",
        "condition: depth",
        "condition: keypoints",
    )
    frames = read_frames(panels.video)
    height, width = panel_size(48, 64)
    assert frames.shape[1:3] == (panels.height, panels.width) == (2 * height + GAP_PX, 3 * width + 2 * GAP_PX)
    tops, lefts = (0, height + GAP_PX), (0, width + GAP_PX, 2 * (width + GAP_PX))
    means = [
        [frames[:, top + 8 : top + height - 8, left + 8 : left + width - 8].mean((1, 2, 3)) for left in lefts]
        for top in tops
    ]
    wanted = [[[200] * 6, [200] * 6, ramp], [ramp[::-1], [90] * 6, [24] * 6]]
    assert np.abs(np.array(means) - np.array(wanted)).max() < 4


def test_conditions_beside_the_shaded_picture() -> None:
    """Catches a condition that is left out, and rows of another number of panels than the labels have."""
    names = ("depth", "segmentation", "keypoints", "normal", "hand_mask")
    panels = compose_conditions(CLIP, {name: grey([40 * place] * 6) for place, name in enumerate(names)}, 15.0)
    assert panels.names == ("shaded", "depth", "segmentation", "keypoints", "normal", "hand mask")
    frames = read_frames(panels.video)
    height, width = panel_size(48, 64, (192, 288))
    assert frames.shape[1:3] == (panels.height, panels.width) == (2 * height + GAP_PX, 4 * width + 3 * GAP_PX)
    assert abs(frames[:, 8 : height - 8, 3 * (width + GAP_PX) + 8 : -8].mean() - 80) < 4
    assert abs(frames[:, height + GAP_PX + 8 : -8, width + GAP_PX + 8 : 2 * width - 8].mean() - 160) < 4
    with pytest.raises(ValueError, match="normal"):
        compose_conditions(CLIP, {"normal": CLIP[:5]}, 15.0)


def test_works_without_preview() -> None:
    """Catches an empty panel's name left in the list."""
    assert compose(CLIP, None, {}, JOINTS, 15.0).names == ("generated clip", "known joints on the clip")


@pytest.mark.parametrize("short", ["preview", "depth", "labels"])
def test_videos_of_other_lengths_are_refused(short: str) -> None:
    """Catches frames shown beside labels that are not theirs."""
    preview = CLIP[:5] if short == "preview" else CLIP
    conditions = {"depth": CLIP[:5] if short == "depth" else CLIP}
    with pytest.raises(ValueError, match=short):
        compose(CLIP, preview, conditions, JOINTS[:5] if short == "labels" else JOINTS, 15.0)


def test_many_conditions_stand_four_in_a_row() -> None:
    """Catches a third row that is empty but for one panel, and labels of another number of columns than the video."""
    names = ("depth", "segmentation", "keypoints", "normal")
    panels = compose(CLIP, CLIP, dict.fromkeys(names, CLIP), JOINTS, 15.0)
    height, width = panel_size(48, 64, (192, 288))
    assert len(panels.names) == 7 and panels.columns == 4
    assert (panels.height, panels.width) == (2 * height + GAP_PX, 4 * width + 3 * GAP_PX)
