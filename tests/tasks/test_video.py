"""The video step: a clip that starts with its candidate and has its trajectory's length."""

from pathlib import Path

import numpy as np

from tasks.media import read_frames, video_info
from tasks.video import VideoStage
from tests.tasks.stage_inputs import candidate_row, item, small_config, store_in, trajectory_row


def test_a_clip_has_the_trajectorys_length_and_repeats(tmp_path: Path) -> None:
    """Catches a clip of another length or rate, and one whose bytes do not repeat."""
    store = store_in(tmp_path)
    rows = {"pose": trajectory_row(store), "appearance": candidate_row(store)}
    stage = VideoStage(small_config(), store)
    stage.setup()
    (row,) = stage.infer([item(3, **rows)])
    (again,) = stage.infer([item(3, **rows)])
    data = store.read_media(row["video_uri"], row["video_sha256"])
    info = video_info(data)
    assert (info.num_frames, info.width, info.height) == (49, 144, 96)
    assert abs(info.fps - rows["pose"]["fps"]) < 0.1
    assert row["video_sha256"] == again["video_sha256"]
    assert (row["candidate_id"], row["trajectory_id"]) == ("candidate", "mug")
    assert np.ptp(read_frames(data)) > 0


def test_a_condition_of_strength_zero_is_left_out(tmp_path: Path) -> None:
    """Catches strengths that are in the configuration and change nothing."""
    store = store_in(tmp_path)
    rows = {"pose": trajectory_row(store), "appearance": candidate_row(store)}
    hashes = set()
    for strength in (1.0, 0.0):
        stage = VideoStage(small_config(f"video.strengths.depth={strength}"), store)
        stage.setup()
        hashes.add(stage.infer([item(3, **rows)])[0]["video_sha256"])
    assert len(hashes) == 2
