"""The samples step: labels of every frame, exact to the pixel."""

from pathlib import Path

import numpy as np
import pytest

from tasks.build import open_build
from tasks.config.samples import SamplesConfig, SplitConfig
from tasks.media import encode_video
from tasks.pose import PoseStage, items
from tasks.samples import SamplesStage, bounds, split_of
from tasks.steps import BY_NAME
from tasks.tables.registry import TABLES
from tests.tasks.recorded import oakink2_config
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


def test_both_hands_of_a_clip_are_labelled_in_every_frame_of_a_moving_camera(tmp_path: Path) -> None:
    """Catches a second hand with the first one's labels or scores, and labels in one camera pose for all frames."""
    config, store = oakink2_config(tmp_path, "pose.cameras=[egocentric]"), store_in(tmp_path / "store")
    poses = PoseStage(config, store)
    poses.setup()
    (row,) = poses.infer(list(items(open_build(config, store), BY_NAME["pose"])))
    clip = encode_video(np.zeros((49, 96, 144, 3), np.uint8), 15.0)
    video = {**clip_row(store), **store.put_media(clip, "mp4").columns("video")}
    stage = SamplesStage(config, store)
    stage.setup()
    (rows,) = stage.infer([item(pose={**row, "item_id": "t"}, video=video, score_clips=scores())])
    assert [(one["side"], one["frame"]) for one in rows] == [(s, f) for s in ("right", "left") for f in range(49)]
    assert {column.name for column in TABLES["samples"].columns} == set(rows[0]) == set(rows[60])
    for one, joints in ((rows[40], "joints_world_m"), (rows[49 + 40], "second_joints_world_m")):
        world = np.reshape(row[joints], (49, 21, 3))[40]
        T_world_cam = np.reshape(one["T_world_cam"], (4, 4))
        np.testing.assert_allclose(
            np.reshape(one["xyz"], (21, 3)) @ T_world_cam[:3, :3].T + T_world_cam[:3, 3], world, atol=1e-5
        )
        projected = np.reshape(one["xyz"], (21, 3)) @ np.reshape(one["K"], (3, 3)).T
        np.testing.assert_allclose(projected[:, :2] / projected[:, 2:], np.reshape(one["uv"], (21, 2)), atol=1e-2)
    assert rows[0]["T_world_cam"] != rows[40]["T_world_cam"]
    assert rows[40]["mpjpe_mm"] == 40 and rows[89]["mpjpe_mm"] is None and rows[89]["detected"] is None
    assert rows[89]["tip_set"] == "smplx-left"


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
    behind = np.concatenate([points, np.full((1, 2), np.nan, np.float32)])
    np.testing.assert_array_equal(bounds(behind, 144, 96), [-0.5, 5.0, 60.0, 95.5])
    np.testing.assert_array_equal(bounds(behind[2:], 144, 96), [-0.5, -0.5, -0.5, -0.5])


def test_a_trajectory_is_in_one_split() -> None:
    """Catches a split by clip or frame, shares that are not kept, and a trajectory that moves when shares grow."""
    names = [f"trajectory-{index}" for index in range(1000)]
    shares = SplitConfig(val=0.2, test=0.1)
    splits = [split_of(name, shares) for name in names]
    assert splits == [split_of(name, shares) for name in names]
    assert 70 < splits.count("test") < 130 and 160 < splits.count("val") < 240
    wider = [split_of(name, SplitConfig(val=0.3, test=0.1)) for name in names]
    assert all(now == before for now, before in zip(wider, splits, strict=True) if before != "train")
    assert {split_of(name, SplitConfig(val=0.0, test=0.0)) for name in names} == {"train"}


def test_surfaces_can_be_left_to_the_reader(tmp_path: Path) -> None:
    """Catches a switch that does nothing, or that takes other labels along."""
    store = store_in(tmp_path)
    config = small_config().model_copy(update={"samples": SamplesConfig(vertices=False)})
    (rows,) = SamplesStage(config, store).infer(
        [item(pose=trajectory_row(store), video=clip_row(store), score_clips=scores())]
    )
    assert {row["vertices"] for row in rows} == {None}
    assert len(rows[0]["xyz"]) == 63
