"""First frames that nobody paints."""

from pathlib import Path

import numpy as np
import pytest

from tasks.appearance import stage
from tasks.build import open_build
from tasks.first_frames import GivenFrameStage, NoClipError
from tasks.media import encode_video, iterate_frames, read_image
from tasks.rendering import shaded_frames
from tasks.steps import BY_NAME
from tests.tasks.stage_inputs import LOOK_SEED, item, small_config, store_in, trajectory_row
from tests.tasks.trajectories import lifted_mug

GIVEN = ("appearance.model=given",)


def test_the_frame_is_the_clips_first_and_the_words_are_its_look(tmp_path: Path) -> None:
    """Catches another frame than the first, another clip's, and words of another look than the one shown."""
    store = store_in(tmp_path)
    scene, row, _ = lifted_mug()
    clip = encode_video(shaded_frames(scene, LOOK_SEED), row["fps"])
    pose = {**trajectory_row(store), **store.put_media(clip, "mp4").columns("preview")}
    first = GivenFrameStage(small_config(*GIVEN), store)
    first.setup()
    (made,) = first.infer([item(9, {"index": 0}, pose=pose)])
    shown = read_image(store.read_media(made["image_uri"], made["image_sha256"]))
    assert np.array_equal(shown, next(iter(iterate_frames(clip))))
    assert "mug" in made["prompt"] and (made["trajectory_id"], made["index"]) == ("mug", 0)
    other = {**pose, "seed": LOOK_SEED + 1}
    assert first.infer([item(9, {"index": 0}, pose=other)])[0]["prompt"] != made["prompt"]


def test_a_folder_without_the_trajectorys_clip_is_one_line(tmp_path: Path) -> None:
    """Catches a silent fall back to the renderer's frame, which would measure against another truth."""
    store = store_in(tmp_path / "store")
    folder = tmp_path / "clips"
    folder.mkdir()
    first = GivenFrameStage(small_config(*GIVEN, f"appearance.clips={folder}"), store)
    first.setup()
    pose = trajectory_row(store)
    with pytest.raises(NoClipError, match=r"holds no mug\.mp4"):
        first.infer([item(9, {"index": 0}, pose=pose)])
    (folder / "mug.mp4").write_bytes(encode_video(np.zeros((9, 32, 48, 3), np.uint8), 15.0))
    with pytest.raises(NoClipError, match="48 x 32"):
        first.infer([item(9, {"index": 0}, pose=pose)])


def test_the_appearance_step_takes_it(tmp_path: Path) -> None:
    """Catches a configuration that is read and not obeyed."""
    build = open_build(small_config(*GIVEN), store_in(tmp_path), None)
    assert isinstance(stage(build, BY_NAME["appearance"])(), GivenFrameStage)
