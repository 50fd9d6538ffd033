"""Kinematic scenes: plausible, smooth, repeatable."""

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.hand.skinning import skin
from pam_models.training.kinematic import flexion_axes, kinematic_scene, random_hand_pose


def test_the_same_numbers_give_the_same_scene() -> None:
    """Catches a global generator."""
    first, second = (kinematic_scene(5, 2, free_hand("right"), 8) for _ in range(2))
    assert np.array_equal(first.hand_vertices, second.hand_vertices)
    assert first.key != kinematic_scene(6, 2, free_hand("right"), 8).key


def test_fingers_bend_towards_the_palm() -> None:
    """Catches an axis with the wrong sign: a bent finger's tip must come nearer to the palm's side and to the wrist."""
    hand = free_hand("right")
    axes = flexion_axes(hand, np.zeros(10, np.float32))
    pose = np.zeros((1, 48), np.float32)
    flat = skin(hand, pose, np.zeros(10), np.zeros((1, 3))).joints[0]
    for finger in range(4):
        for joint in range(3):
            pose[0, 3 + 3 * (finger * 3 + joint) : 6 + 3 * (finger * 3 + joint)] = 0.8 * axes[finger]
    bent = skin(hand, pose, np.zeros(10), np.zeros((1, 3))).joints[0]
    for tip in (8, 12, 16, 20):
        assert bent[tip, 2] < flat[tip, 2] - 0.01
        assert np.linalg.norm(bent[tip] - bent[0]) < np.linalg.norm(flat[tip] - flat[0]) - 0.03


def test_poses_stay_within_what_fingers_do() -> None:
    """Catches joints that turn by more than a right angle and a half."""
    rng = np.random.default_rng(0)
    axes = flexion_axes(free_hand("right"), np.zeros(10, np.float32))
    poses = np.array([random_hand_pose(rng, axes, np.array([0.0, 0.0, 1.0])) for _ in range(200)])
    angles = np.linalg.norm(poses.reshape(200, 15, 3), axis=-1)
    assert angles.max() < 2.2
    assert np.median(angles[:, 1]) > 0.3


@pytest.mark.parametrize("index", [0, 1, 2, 3])
def test_motion_is_smooth_and_above_the_table(index: int) -> None:
    """Catches jumps between key poses, and a table that cuts hand or object."""
    scene = kinematic_scene(index, 0, free_hand("right"), 49)
    assert np.linalg.norm(np.diff(scene.joints, axis=0), axis=-1).max() < 0.06
    assert scene.hand_vertices[..., 2].min() >= scene.table_height_m - 1e-6
