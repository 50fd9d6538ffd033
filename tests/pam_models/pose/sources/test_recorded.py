"""What recordings of every source share."""

import numpy as np

from pam_models.pose.sources.recorded import longest_run, lowest_point_m, phases_of
from pam_models.pose.trajectory import ObjectMesh


def test_longest_run_is_the_longest_and_the_first() -> None:
    """Catches a window over frames in which the hand is marked as missing."""
    assert longest_run(np.array([0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1], bool)) == (4, 3)
    assert longest_run(np.zeros(4, bool)) == (0, 0)
    assert longest_run(np.ones(4, bool)) == (0, 4)


def test_phases_follow_the_object() -> None:
    """Catches a lift that begins with the hand's motion, and phases that fall back while the object wobbles."""
    poses = np.tile(np.eye(4), (6, 1, 1))
    poses[:, 2, 3] = [0, 0.004, 0.006, 0.0, 0.11, 0.09]
    assert phases_of(poses) == ("reach", "reach", "lift", "lift", "move", "move")


def test_lowest_point_is_of_the_turned_object() -> None:
    """Catches a table at the object's origin."""
    corners = np.array([[0.1, 0, 0], [-0.2, 0, 0]], np.float32)
    mesh = ObjectMesh("x", "x", 1, corners, np.zeros((0, 3), np.int32), ())
    pose = np.array([[0, 0, 1, 0], [0, 1, 0, 0], [-1, 0, 0, 0.5], [0, 0, 0, 1]], np.float32)
    assert abs(lowest_point_m(mesh, pose) - 0.4) < 1e-6
