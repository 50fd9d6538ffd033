"""The physics source: requests, whole trajectories, determinism between processes."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.hand.skinning import rest_joints
from pam_models.pose.physics.search import SearchBudget
from pam_models.pose.physics.supply import ProceduralObjects
from pam_models.pose.source import BadInput, PoseRequest, TrajectoryRejected
from pam_models.pose.sources.physics import PhysicsSource
from pam_models.pose.trajectory import Trajectory

PRINT_DIGEST = """
import hashlib
from pam_models.hand.free_hand import free_hand
from pam_models.pose.sources.physics import PhysicsSource
source = PhysicsSource()
made = source.trajectory(source.requests(2, 5)[1], free_hand("right"), 49, 144, 96)
digest = hashlib.sha256()
for array in (made.pose_flat, made.transl, made.object_T_world, made.camera.T_world_cam, made.betas):
    digest.update(array.tobytes())
print(digest.hexdigest())
"""


@pytest.fixture(scope="module")
def made() -> Trajectory:
    source = PhysicsSource()
    return source.trajectory(source.requests(2, 5)[1], free_hand("right"), 49, 144, 96)


def test_requests_are_stable_unique_and_vary_in_kind() -> None:
    """Catches keys that collide, seeds that repeat, and a list that depends on its length."""
    source = PhysicsSource()
    requests = source.requests(20, 7)
    assert requests[:5] == source.requests(5, 7)
    assert len({request.key for request in requests}) == 20
    assert len({request.seed for request in requests}) == 20
    assert requests[0].key.partition("-")[0] != requests[1].key.partition("-")[0]
    assert source.requests(5, 8)[0].seed != requests[0].seed
    assert len(source.requests(None, 0)) == len(source.objects.names())


def test_trajectory_is_complete(made: Trajectory) -> None:
    """Catches wrong shapes or types, a wrist that is not J0 + transl, and a gate that lets bad motion through."""
    assert made.pose_flat.shape == (49, 48)
    assert made.object_T_world.shape == (49, 4, 4)
    assert all(array.dtype == np.float32 for array in (made.pose_flat, made.transl, made.wrist_m, made.object_T_world))
    np.testing.assert_allclose(made.wrist_m, made.transl + rest_joints(free_hand("right"), made.betas)[0], atol=1e-5)
    assert made.quality.lifted
    assert made.quality.held_s >= 1.0
    assert made.quality.penetration_mm_max < 8.0
    assert made.quality.visible_fraction > 0.95
    assert made.obj.word == "mug"
    assert "pam-simulated-motion:Apache-2.0" in made.license_tags


def test_two_processes_agree(made: Trajectory) -> None:
    """Catches anything that differs between processes: hashes, clocks, global generators."""
    digest = hashlib.sha256()
    for array in (made.pose_flat, made.transl, made.object_T_world, made.camera.T_world_cam, made.betas):
        digest.update(array.tobytes())
    other = subprocess.run([sys.executable, "-c", PRINT_DIGEST], capture_output=True, text=True, check=True).stdout
    assert other.strip() == digest.hexdigest()


def test_left_hand_grasps_too() -> None:
    """Catches a grasp that is only right for right hands."""
    source = PhysicsSource(ProceduralObjects(("cylinder",)))
    made = source.trajectory(source.requests(1, 0)[0], free_hand("left"), 49, 144, 96)
    assert made.side == "left"
    assert made.quality.lifted


def test_refusals() -> None:
    """Catches foreign keys, unknown kinds and hopeless searches passing silently."""
    source = PhysicsSource(budget=SearchBudget(proposals=1, rounds=1, draws=1))
    with pytest.raises(BadInput, match="sofa"):
        source.trajectory(PoseRequest("sofa-0001", 1), free_hand("right"), 49, 144, 96)
    with pytest.raises(ValueError, match="sofa"):
        ProceduralObjects(("sofa",))
    rejected = 0
    for request in source.requests(6, 1):
        try:
            source.trajectory(request, free_hand("right"), 49, 144, 96)
        except TrajectoryRejected:
            rejected += 1
    assert rejected > 0
