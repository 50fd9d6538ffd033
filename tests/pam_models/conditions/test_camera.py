"""Camera: each test names the confusion of axes, pixels or directions that it would catch."""

import numpy as np
import pytest

from pam_models.conditions.camera import Camera, intrinsics, look_at, project_camera_points


def _camera(width: int = 144, height: int = 96) -> Camera:
    return Camera(intrinsics(50.0, width, height), look_at((0.3, -0.5, 0.4), (0.0, 0.1, 0.0), (0, 0, 1)), width, height)


def test_the_target_is_the_middle_of_the_picture() -> None:
    """Catches a principal point that is half a pixel off the pixel-centre convention, and a wrong look_at direction."""
    np.testing.assert_allclose(_camera().project(np.array([0.0, 0.1, 0.0])), [71.5, 47.5], atol=1e-3)


def test_up_is_up_and_right_is_right_in_the_picture() -> None:
    """Catches OpenGL axes (y up) and mirrored cameras."""
    camera = Camera(intrinsics(50.0, 144, 96), look_at((0, -1, 0), (0, 0, 0), (0, 0, 1)), 144, 96)
    centre, above, east = camera.project(np.array([[0, 0, 0], [0, 0, 0.1], [0.1, 0, 0]]))
    assert above[1] < centre[1] - 1
    assert east[0] > centre[0] + 1


def test_world_and_camera_are_inverse_and_depth_is_distance_along_the_axis() -> None:
    """Catches T_world_cam used in the wrong direction."""
    camera = _camera()
    points = np.random.default_rng(0).normal(size=(5, 7, 3))
    np.testing.assert_allclose(camera.to_world(camera.to_camera(points)), points, atol=1e-5)
    axis = np.array([0.0, 0.1, 0.0]) - [0.3, -0.5, 0.4]
    np.testing.assert_allclose(camera.to_camera(np.array([0.0, 0.1, 0.0])), [0, 0, np.linalg.norm(axis)], atol=1e-6)


def test_resized_keeps_picture_borders() -> None:
    """Catches scaling K without the half pixel, and stretching only one axis."""
    camera = _camera()
    large = camera.resized(720, 400)
    points = camera.to_world(np.random.default_rng(1).normal(size=(20, 3)) * 0.1 + [0, 0, 0.6])
    expected = (camera.project(points) + 0.5) * [720 / 144, 400 / 96] - 0.5
    np.testing.assert_allclose(large.project(points), expected, atol=1e-3)


def test_points_behind_the_camera_have_no_pixel() -> None:
    """Catches mirrored projections of what lies behind the camera."""
    pixels = project_camera_points(np.array([[0.1, 0.1, -1.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), np.eye(3))
    assert np.isnan(pixels[:2]).all()
    assert np.isfinite(pixels[2]).all()


def test_senseless_cameras_are_refused() -> None:
    """Catches views along the up vector, wrong shapes and angles that would yield nan pictures."""
    with pytest.raises(ValueError, match="one line"):
        look_at((0, 0, 1), (0, 0, 0), (0, 0, 1))
    with pytest.raises(ValueError, match="field of view"):
        intrinsics(180.0, 10, 10)
    with pytest.raises(ValueError, match="T_world_cam"):
        Camera(np.eye(3), np.eye(3), 10, 10)
    with pytest.raises(ValueError, match="at least 1x1"):
        Camera(np.eye(3), np.eye(4), 0, 10)


def test_a_moving_camera_is_a_still_one_in_every_frame() -> None:
    """Catches one frame's pose used for all, and poses applied along the wrong axis."""
    poses = np.stack([look_at((0.3 + 0.1 * t, -0.5, 0.4), (0.0, 0.1, 0.0), (0, 0, 1)) for t in range(3)])
    moving = Camera(intrinsics(50.0, 144, 96), poses, 144, 96)
    points = np.random.default_rng(0).normal(size=(3, 7, 3)) * 0.05
    for t in range(3):
        still = Camera(moving.K, poses[t], 144, 96)
        np.testing.assert_array_equal(moving.project(points)[t], still.project(points[t]))
        np.testing.assert_array_equal(moving.at(t).T_world_cam, still.T_world_cam)
    np.testing.assert_allclose(moving.to_world(moving.to_camera(points)), points, atol=1e-6)
    np.testing.assert_array_equal(moving.at([2, 0]).T_world_cam, poses[[2, 0]])
    assert moving.resized(72, 48).moves and moving.moves and not moving.at(0).moves
    with pytest.raises(ValueError, match="3 poses wants points"):
        moving.to_camera(points[:2])
