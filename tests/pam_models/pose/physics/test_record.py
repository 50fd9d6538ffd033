"""The skinned hand stands where the simulated hand stood."""

import mujoco
import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.hand.skinning import skin
from pam_models.pose.physics.hand_body import build_hand_body
from pam_models.pose.physics.objects import make_object
from pam_models.pose.physics.proposals import matrix_to_quat
from pam_models.pose.physics.record import record
from pam_models.pose.physics.scene import build_scene

MANO16_IN_OP21 = [0, 5, 6, 7, 9, 10, 11, 17, 18, 19, 13, 14, 15, 1, 2, 3]


@pytest.mark.parametrize("side", ["right", "left"])
def test_skinned_joints_equal_simulated_bodies(side: str) -> None:
    """Catches transl without J0, a wrong joint order, and rotations taken in the wrong frame."""
    rng = np.random.default_rng(0)
    hand, betas = free_hand(side), rng.normal(0, 0.7, 10).astype(np.float32)
    body = build_hand_body(hand, betas)
    scene = build_scene(body, make_object("box", 0), 0.002)
    low, high = (np.array([getattr(hinge, end) for hinge in body.hinges]) for end in ("low", "high"))
    turns, _ = np.linalg.qr(rng.normal(size=(4, 3, 3)))
    turns *= np.sign(np.linalg.det(turns))[:, None, None]
    states = np.stack([scene.qpos(rng.normal(size=3), matrix_to_quat(turn), rng.uniform(low, high)) for turn in turns])
    recording = record(scene, mujoco.MjData(scene.model), states)
    joints = skin(hand, recording.pose_flat, betas, recording.transl).joints
    assert np.abs(joints[:, MANO16_IN_OP21] - recording.bodies_m).max() < 1e-4
    np.testing.assert_allclose(recording.wrist_m, joints[:, 0], atol=1e-5)
    np.testing.assert_allclose(recording.object_T_world[:, 2, 3], scene.thing.rest_height_m, atol=1e-6)
