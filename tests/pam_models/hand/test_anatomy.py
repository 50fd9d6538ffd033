import dataclasses

import numpy as np
import pytest

from pam_models.hand.anatomy import hand_anatomy, pose_from_angles
from pam_models.hand.free_hand import free_hand
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin

# OP21 tip of the finger of MANO joint 1, 4, 7, 10, 13.
TIPS = {1: 8, 4: 12, 7: 20, 10: 16, 13: 4}


def _motion(hand: HandModel, flexion: np.ndarray, abduction: np.ndarray) -> np.ndarray:
    pose = np.c_[np.zeros((len(flexion), 3)), pose_from_angles(hand_anatomy(hand), flexion, abduction)]
    frames = len(pose)
    joints = skin(hand, pose, np.zeros(10), np.zeros((frames, 3))).joints
    return joints - skin(hand, np.zeros((1, 48)), np.zeros(10), np.zeros((1, 3))).joints


@pytest.mark.parametrize("side", ["right", "left"])
def test_positive_flexion_bends_towards_the_palm(side: str) -> None:
    """Catches a sign or a wrong axis: fingertips must go down and back, straight in their own plane."""
    hand = free_hand(side)
    moved = _motion(hand, 0.3 * np.eye(15), np.zeros((15, 15)))
    for joint in range(1, 13):
        tip = TIPS[3 * ((joint - 1) // 3) + 1]
        x, y, z = moved[joint - 1, tip]
        assert z < -0.004
        assert x < 0
        assert abs(y) < 0.25 * abs(z)
    towards_fingers = -1.0 if side == "right" else 1.0
    for joint in (13, 14, 15):
        assert moved[joint - 1, 4, 1] * towards_fingers > 0.004
        assert moved[joint - 1, 4, 2] < 0


@pytest.mark.parametrize("side", ["right", "left"])
def test_positive_abduction_moves_fingers_to_the_thumbs_side(side: str) -> None:
    """Catches a left hand whose fingers spread the other way."""
    moved = _motion(free_hand(side), np.zeros((15, 15)), 0.3 * np.eye(15))
    thumb_side = 1.0 if side == "right" else -1.0
    for joint, tip in TIPS.items():
        assert moved[joint - 1, tip, 1] * thumb_side > 0.005


def test_axes_are_an_orthonormal_frame_and_limits_are_ordered() -> None:
    """Catches axes that are not unit vectors and limits in degrees."""
    for side in ("right", "left"):
        anatomy = hand_anatomy(free_hand(side))
        assert [joint.joint for joint in anatomy] == list(range(1, 16))
        for joint in anatomy:
            frame = np.stack([joint.flexion_axis, joint.abduction_axis, joint.twist_axis])
            np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-6)
            for low, high in (joint.flexion_limits_rad, joint.abduction_limits_rad, joint.twist_limits_rad):
                assert -np.pi / 2 <= low <= 0 <= high <= np.pi


@pytest.mark.parametrize("side", ["right", "left"])
def test_axes_from_rest_joints_agree_with_the_built_ones(side: str) -> None:
    """Catches a wrong reconstruction for files that carry no axes, in any orientation of the rest pose."""
    hand = free_hand(side)
    turn = np.array([[0.0, 0, -1], [1, 0, 0], [0, -1, 0]], np.float32)
    assert np.linalg.det(turn) == pytest.approx(1.0)
    other = dataclasses.replace(hand, name="mano", v_template=hand.v_template @ turn.T)
    for built, found in zip(hand_anatomy(hand), hand_anatomy(other), strict=True):
        for name in ("flexion_axis", "abduction_axis", "twist_axis"):
            assert getattr(found, name) @ (turn @ getattr(built, name)) > np.cos(np.deg2rad(8))
