"""Pictures and cameras on another grid agree."""

from pathlib import Path

import numpy as np

from pam_models.readers.cache import CacheConfig
from pam_models.readers.export.source import ExportSource
from pam_models.readers.export.stretched import camera_of, rendered_maps, stretched
from pam_models.readers.frames import ReadConfig
from tests.pam_models.readers.small_build import SmallBuild


def test_a_stretched_picture_fits_its_camera(build: SmallBuild, tmp_path: Path) -> None:
    """Catches a camera that is scaled about the corner of a pixel and a picture about its centre."""
    clip = ExportSource(build.address, ReadConfig(cache=CacheConfig(tmp_path))).clip(0)
    camera = camera_of(clip, 640, 480)
    T_world_cam = clip.labels["T_world_cam"][0]
    world = clip.labels["xyz"][0] @ T_world_cam[:3, :3].T + T_world_cam[:3, 3]
    wanted = (clip.labels["uv"][0] + 0.5) * [640 / 144, 480 / 96] - 0.5
    np.testing.assert_allclose(camera.project(world), wanted, atol=0.02)
    dot = np.zeros((96, 144, 3), np.uint8)
    dot[30, 100] = 255
    large = stretched([dot], 640, 480)[0].astype(float)[..., 0]
    centre = [(large.sum(0) * np.arange(640)).sum(), (large.sum(1) * np.arange(480)).sum()] / large.sum()
    np.testing.assert_allclose(centre, (np.array([100, 30]) + 0.5) * [640 / 144, 480 / 96] - 0.5, atol=0.05)


def test_pictures_of_the_size_are_left_alone() -> None:
    """Catches a loss where nothing is to be done."""
    picture = np.zeros((96, 144, 3), np.uint8)
    assert stretched([picture], 144, 96)[0] is picture


def test_maps_show_hand_and_object(build: SmallBuild, tmp_path: Path) -> None:
    """Catches maps of another frame or camera: joints of the maps are those of the labels."""
    clip = ExportSource(build.address, ReadConfig(cache=CacheConfig(tmp_path))).clip(1)
    maps = rendered_maps(clip, camera_of(clip, 144, 96))
    np.testing.assert_allclose(maps.joints_cam_m, clip.labels["xyz"], atol=1e-5)
    assert {3, 255} <= set(np.unique(maps.labels).tolist())
