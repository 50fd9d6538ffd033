"""What is known of a trajectory. Each test says which defect it would catch."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.build import Build
from tasks.evaluation.clips import Trajectories
from tasks.evaluation.truth import Truth, truth_of
from tasks.report.reading import PublishedBuild
from tasks.stage import Row
from tasks.store import Store

Made = tuple[Store, Build]


def known(made_up: Made) -> tuple[Truth, Row]:
    store, build = made_up
    row = Trajectories(PublishedBuild(store, build.build_id)).rows(["pose0"])["pose0"]
    return truth_of(store, row), row


def test_joints_and_maps_agree(made_up: Made) -> None:
    """Catches joints of another camera: visible joints lie on the hand's label or the object's."""
    truth, _ = known(made_up)
    frame, joint = np.nonzero(truth.joint_visible)
    at = np.rint(truth.joints_px[frame, joint]).astype(int)
    assert (truth.labels[frame, at[:, 1], at[:, 0]] > 0).mean() > 0.9
    assert not truth.still[frame[0], at[0, 1], at[0, 0]] and truth.still[0, 0, 0]


def test_points_of_a_resting_object_rest_and_joints_move_with_the_hand(made_up: Made) -> None:
    """Catches an inverted pose, and x exchanged with y."""
    truth, _ = known(made_up)
    tracks = truth.tracks()
    joints = int(truth.joint_visible[0].sum())
    assert len(tracks.points_px) == joints + 64
    surface = tracks.points_px[joints:]
    assert np.abs(surface - surface[:, :1]).max() < 0.01
    expected = truth.joints_px[:, truth.joint_visible[0]].swapaxes(0, 1)
    assert np.array_equal(tracks.points_px[:joints], expected.astype(np.float32))


def test_points_of_a_moving_object_move_as_it_does(made_up: Made) -> None:
    """Catches points that stay behind: a shift of the object by 1 cm per frame moves its points by what the camera
    makes of it, worked out point by point."""
    truth, _ = known(made_up)
    poses = truth.object_T_world.copy()
    poses[:, 0, 3] += 0.01 * np.arange(len(poses))
    joints = int(truth.joint_visible[0].sum())
    moved = replace(truth, object_T_world=poses).tracks().points_px[joints:]
    rest = truth.tracks().points_px[joints:, 0]
    for point, start in zip(moved[:5], rest[:5], strict=True):
        u, v = np.rint(start).astype(int)
        ray = np.linalg.inv(truth.camera.K.astype(float)) @ [start[0], start[1], 1.0]
        world = truth.camera.to_world((ray * truth.depth_m[0, v, u])[None])[0]
        world[0] += 0.01 * (len(poses) - 1)
        assert point[-1] == pytest.approx(truth.camera.project(world[None])[0], abs=0.05)


def test_under_a_moving_camera_nothing_stands_still(made_up: Made) -> None:
    """Catches a camera's motion that counts as flicker."""
    truth, _ = known(made_up)
    poses = np.repeat(truth.camera.T_world_cam[None], len(truth.labels), axis=0)
    panning = replace(truth, camera=replace(truth.camera, T_world_cam=poses))
    with pytest.raises(ValueError, match="the camera moves"):
        _ = panning.still
    assert panning.tracks().points_px == pytest.approx(truth.tracks().points_px, abs=1e-3)
