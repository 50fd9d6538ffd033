"""The samples step: labels of every frame, exact to the pixel."""

from pathlib import Path

import numpy as np
import pytest

from tasks.samples import SamplesStage, bounds, split_of
from tasks.tables.registry import TABLES
from tests.tasks.stage_inputs import clip_row, item, small_config, store_in, trajectory_row
from tests.tasks.trajectories import lifted_mug


def scores() -> dict[str, object]:
    """Per-frame scores that name their frame."""
    names = ("mpjpe_mm_per_frame", "pa_mpjpe_mm_per_frame", "error_2d_px_per_frame")
    return {**{name: np.arange(49.0) for name in names}, "detected_per_frame": [True] * 49}


def test_labels_reproject_and_belong_to_their_frame(tmp_path: Path) -> None:
    """Catches a label of a neighbouring frame, joints in world axes, and a missing column."""
    store = store_in(tmp_path)
    stage = SamplesStage(small_config(), store)
    stage.setup()
    (rows,) = stage.infer([item(pose=trajectory_row(store), video=clip_row(store), score_clips=scores())])
    assert [row["frame"] for row in rows] == list(range(49)) == [row["mpjpe_mm"] for row in rows]
    scene, _, _ = lifted_mug()
    for row in (rows[0], rows[48]):
        K, xyz = np.reshape(row["K"], (3, 3)), np.reshape(row["xyz"], (21, 3))
        uv = (xyz / xyz[:, 2:]) @ K.T
        np.testing.assert_allclose(uv[:, :2], np.reshape(row["uv"], (21, 2)), atol=1e-2)
        np.testing.assert_allclose(xyz, scene.camera.to_camera(scene.geometry.joints[row["frame"]]), atol=1e-6)
        assert len(row["vertices"]) == 778 * 3 and len(row["joint_visible"]) == 21
    assert {column.name for column in TABLES["samples"].columns} == set(rows[0])


def test_a_clip_of_another_length_is_refused(tmp_path: Path) -> None:
    """Catches labels silently paired with the wrong frames."""
    store = store_in(tmp_path)
    stage = SamplesStage(small_config(), store)
    stage.setup()
    short = clip_row(store, np.zeros((9, 96, 144, 3), np.uint8))
    with pytest.raises(ValueError, match="9 frames, its trajectory 49"):
        stage.infer([item(pose=trajectory_row(store), video=short, score_clips=scores())])


def test_boxes_stay_in_the_picture() -> None:
    """Catches boxes that leave the picture where the hand does."""
    points = np.array([[-20.0, 5.0], [60.0, 200.0]], np.float32)
    np.testing.assert_array_equal(bounds(points, 144, 96), [-0.5, 5.0, 60.0, 95.5])


def test_a_trajectory_is_on_one_side_of_the_split() -> None:
    """Catches a split by clip or frame, and one that puts everything on one side."""
    sides = [split_of(f"trajectory-{index}") for index in range(400)]
    assert sides == [split_of(f"trajectory-{index}") for index in range(400)]
    assert 15 < sides.count("val") < 75
