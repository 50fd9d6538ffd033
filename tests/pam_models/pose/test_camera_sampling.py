"""Cameras keep hand and object in view, at the stated elevations, the same for the same seed."""

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.hand.skinning import skin
from pam_models.pose.camera_sampling import ELEVATION_DEG, Scenery, hand_size, in_picture, sample_camera
from pam_models.pose.physics.objects import make_object


@pytest.fixture(scope="module")
def scenery() -> Scenery:
    hand, thing = free_hand("right"), make_object("ball", 0).mesh
    frames = 6
    path = np.linspace([-0.3, 0, 0.1], [-0.15, 0, 0.25], frames).astype(np.float32)
    geometry = skin(hand, np.zeros((frames, 48)), np.zeros(10), path)
    poses = np.tile(np.eye(4, dtype=np.float32), (frames, 1, 1))
    poses[:, 2, 3] = np.linspace(0.03, 0.18, frames)
    return Scenery(geometry.vertices, hand.faces, geometry.joints, thing.vertices_m, thing.faces, poses)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("width", "height"), [(144, 96), (96, 144)])
def test_everything_is_in_the_picture(scenery: Scenery, seed: int, width: int, height: int) -> None:
    """Catches a camera that is too near, looks past the clip, or confuses width and height."""
    camera = sample_camera(scenery, seed, width, height)
    assert in_picture(camera, scenery.joints_m).all()
    assert in_picture(camera, scenery.object_T_world[:, None, :3, 3]).all()
    assert hand_size(camera, scenery.joints_m) > 0.25
    down = float(np.degrees(np.arcsin(-camera.T_world_cam[2, 2])))
    assert ELEVATION_DEG[0] - 0.1 <= down <= ELEVATION_DEG[1] + 0.1


def test_seeds_decide(scenery: Scenery) -> None:
    """Catches global randomness and a seed that is not used."""
    first, again, other = (sample_camera(scenery, seed, 144, 96) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.T_world_cam, again.T_world_cam)
    assert not np.allclose(first.T_world_cam, other.T_world_cam)


def test_points_behind_the_camera_are_not_in_the_picture(scenery: Scenery) -> None:
    """Catches projections of points behind the camera being counted."""
    camera = sample_camera(scenery, 0, 144, 96)
    behind = camera.T_world_cam[:3, 3] - 0.5 * camera.T_world_cam[:3, 2]
    assert not in_picture(camera, behind[None, None]).any()


def test_no_views_is_an_error(scenery: Scenery) -> None:
    """Catches a silent default camera."""
    with pytest.raises(ValueError, match="at least 1"):
        sample_camera(scenery, 0, 144, 96, views=0)
