"""Resampling of positions and rotations."""

import numpy as np

from pam_models.pose.resampling import resample_positions, resample_rotations


def test_positions_are_linear() -> None:
    """Catches an off-by-one in the frame index."""
    path = np.arange(10)[:, None] * np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(resample_positions(path, np.array([2.5])), [[2.5, 5.0, 7.5]])


def test_rotations_do_not_pass_through_axis_angle_space() -> None:
    """Catches interpolated axis-angles: the two ends are 0.02 rad apart, with opposite axes."""
    near_pi = np.array([[np.pi - 0.01, 0, 0], [-(np.pi - 0.01), 0, 0]])
    middle = resample_rotations(near_pi, np.array([0.5]))[0]
    np.testing.assert_allclose(np.abs(middle), [np.pi, 0, 0], atol=1e-6)


def test_single_frame() -> None:
    """Catches a crash on a recording of one frame."""
    found = resample_rotations(np.array([[0.1, 0.2, 0.3]]), np.zeros(3))
    np.testing.assert_allclose(found, np.tile([0.1, 0.2, 0.3], (3, 1)))
