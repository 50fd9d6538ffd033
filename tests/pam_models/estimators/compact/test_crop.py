"""The crop as a virtual camera: exact there and back."""

import numpy as np
import pytest

from pam_models.estimators.compact.crop import (
    box_of_joints,
    mirrored_box,
    mirrored_intrinsics,
    virtual_camera,
    warp,
)

K = np.array([[150.0, 0.0, 71.5], [0.0, 150.0, 47.5], [0.0, 0.0, 1.0]])
BOX = np.array([95.0, 10.0, 135.0, 44.0])


def test_points_come_back_where_they_were() -> None:
    """Catches a homography used in the wrong direction."""
    points = np.random.default_rng(0).uniform(0, 90, (21, 2))
    camera = virtual_camera(BOX, K, 96, 1.3, roll_rad=0.3)
    assert camera.to_picture(camera.to_crop(points)) == pytest.approx(points)


def test_a_point_in_space_lands_where_the_virtual_camera_projects_it() -> None:
    """Catches a rotation that turns vectors one way and pixels the other."""
    camera = virtual_camera(BOX, K, 96, 1.3, roll_rad=-0.2)
    point = np.array([0.13, -0.06, 0.5])
    picture = (K @ point)[:2] / point[2]
    virtual = camera.to_virtual_axes(point)
    assert camera.to_crop(picture) == pytest.approx((camera.K @ virtual)[:2] / virtual[2])
    assert camera.to_real_axes(virtual) == pytest.approx(point)


def test_the_box_is_centred_and_fills_the_crop() -> None:
    """Catches a scale that is applied twice or to the half side."""
    camera = virtual_camera(BOX, K, 96, 1.3)
    centre = (BOX[:2] + BOX[2:]) / 2
    assert camera.to_crop(centre) == pytest.approx([47.5, 47.5])
    half = 1.3 * 40.0 / 2
    edges = camera.to_crop(centre + half * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]))
    reach = np.linalg.norm(edges - 47.5, axis=1)
    assert reach.max() == pytest.approx(48.0)
    assert reach.min() > 42.0


def test_pixels_follow_the_same_map_as_points() -> None:
    """Catches half-pixel offsets between the warp and the coordinates."""
    image = np.zeros((96, 144, 3), np.uint8)
    image[30, 112] = 255
    camera = virtual_camera(np.array([107.0, 25.0, 117.0, 35.0]), K, 96, 1.3)
    crop = warp(image, camera, 96)[..., 0].astype(np.float64)
    rows, columns = np.mgrid[:96, :96]
    centre = np.array([(columns * crop).sum(), (rows * crop).sum()]) / crop.sum()
    assert centre == pytest.approx(camera.to_crop(np.array([112.0, 30.0])), abs=0.15)


def test_mirroring_twice_is_nothing_and_once_is_consistent() -> None:
    """Catches width instead of width - 1 in a convention where pixel centres are whole numbers."""
    assert mirrored_box(mirrored_box(BOX, 144), 144) == pytest.approx(BOX)
    skewed = K + np.array([[0, 0, 7.0], [0, 0, 0], [0, 0, 0]])
    point = np.array([0.1, 0.05, 0.6])
    pixel = (skewed @ point)[:2] / point[2]
    flipped = mirrored_intrinsics(skewed, 144) @ (point * [-1, 1, 1])
    assert flipped[:2] / flipped[2] == pytest.approx([143 - pixel[0], pixel[1]])


def test_an_empty_box_is_refused() -> None:
    """Catches a division by zero further down."""
    with pytest.raises(ValueError, match="x0 < x1"):
        virtual_camera(np.array([5.0, 5.0, 5.0, 9.0]), K, 96, 1.3)


def test_the_box_of_joints_is_never_empty() -> None:
    """Catches a hand seen edge-on."""
    box = box_of_joints(np.full((21, 2), 7.0))
    assert box[2] > box[0] and box[3] > box[1]
