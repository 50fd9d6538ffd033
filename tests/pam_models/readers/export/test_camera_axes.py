"""Poses in camera axes, and what a mirror does to a camera and a hand."""

import numpy as np
import pytest

from pam_models.conditions.camera import intrinsics, project_camera_points
from pam_models.readers.export.camera_axes import (
    HandParameters,
    mirrored_intrinsics,
    mirrored_parameters,
    mirrored_picture,
    mirrored_pixels,
    mirrored_points,
)


def test_a_mirrored_camera_sees_mirrored_points_at_mirrored_pixels() -> None:
    """Catches W - cx where pixel centres are whole numbers, which is a pixel off."""
    K = intrinsics(40.0, 144, 96) + np.array([[0, 0, 7], [0, 0, -3], [0, 0, 0]], np.float32)
    points = np.random.default_rng(0).uniform([-0.1, -0.1, 0.4], [0.1, 0.1, 0.6], (20, 3))
    seen = project_camera_points(mirrored_points(points), mirrored_intrinsics(K, 144))
    np.testing.assert_allclose(seen, mirrored_pixels(project_camera_points(points, K), 144), atol=1e-3)


def test_a_pixel_goes_where_its_coordinate_goes() -> None:
    """Catches a picture that is mirrored about another line than its labels."""
    picture = np.zeros((2, 144, 3), np.uint8)
    picture[1, 10] = 255
    u, v = mirrored_pixels(np.array([10.0, 1.0]), 144).astype(int)
    assert mirrored_picture(picture)[v, u, 0] == 255


@pytest.mark.parametrize("hand", ["free", "mano"])
def test_twice_is_nothing(hand: str) -> None:
    """Catches a mirror that is not its own inverse."""
    rng = np.random.default_rng(1)
    arrays = (rng.normal(0, 0.4, (5, n)).astype(np.float32) for n in (48, 10, 3, 3))
    given = HandParameters(*arrays)
    back = mirrored_parameters(mirrored_parameters(given, hand), hand)
    for name, array in vars(given).items():
        np.testing.assert_allclose(getattr(back, name), array, atol=1e-5, err_msg=name)
