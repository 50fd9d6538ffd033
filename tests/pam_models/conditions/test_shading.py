"""The shaded renderer as a whole."""

from typing import Any

import numpy as np
import pytest

from pam_models.conditions.appearance_style import sample_style
from pam_models.conditions.camera import Camera
from pam_models.conditions.maps import render_maps
from pam_models.conditions.shading import render_rgb


def _render(scene: Any, seed: int = 3, camera: Camera | None = None, **changes: Any) -> np.ndarray:
    geometry = {**scene.geometry, **changes}
    tint = geometry.pop("vertex_tint", np.ones_like(geometry["hand_vertices_world"][0]))
    return render_rgb(
        **geometry, vertex_tint=tint, camera=camera or scene.camera, style=sample_style(seed), table_height_m=0.0
    )


def test_pictures_repeat_and_follow_the_style(scene: Any) -> None:
    """Catches uninitialised buffers and hidden randomness: the same build must have the same bytes."""
    pictures = _render(scene)
    assert pictures.shape == (2, 48, 72, 3)
    assert pictures.dtype == np.uint8
    np.testing.assert_array_equal(pictures, _render(scene))
    assert (pictures != _render(scene, seed=4)).mean() > 0.5


def test_a_frame_does_not_depend_on_its_neighbours_picture(scene: Any) -> None:
    """Catches buffers that keep the last frame: a still scene must give still pictures, exactly."""
    still = scene.geometry["object_T_world"].copy()
    still[1] = still[0]
    pictures = _render(scene, object_T_world=still)
    np.testing.assert_array_equal(pictures[0], pictures[1])


def test_picture_and_maps_line_up(scene: Any) -> None:
    """Catches a half-pixel shift between the pictures and their labels: models would learn it."""
    maps = render_maps(**scene.geometry, joints_world=scene.joints_world, object_class=9, camera=scene.camera)
    black = _render(scene, vertex_tint=np.zeros_like(scene.geometry["hand_vertices_world"][0])).astype(float).sum(-1)
    white = _render(scene).astype(float).sum(-1)
    changed = np.abs(white - black)[0]
    rows, columns = np.mgrid[0:48, 0:72]
    mask = (maps.labels[0] == 255).astype(float)
    for grid in (rows, columns):
        expected = (grid * mask).sum() / mask.sum()
        share = (changed > 0).astype(float)
        assert abs((grid * share).sum() / share.sum() - expected) < 0.35


def test_lifting_the_object_moves_its_shadow(scene: Any) -> None:
    """Catches shadows that stand still: the table itself must change between the frames."""
    maps = render_maps(**scene.geometry, joints_world=scene.joints_world, object_class=9, camera=scene.camera)
    table = (maps.labels == 0).all(0)
    pictures = _render(scene).astype(int)
    assert np.abs(pictures[0] - pictures[1])[table].max() > 15


def test_a_larger_picture_is_the_same_picture(scene: Any) -> None:
    """Catches anything measured in pixels instead of metres: looks must not change with the resolution."""
    large = _render(scene, camera=scene.camera.resized(288, 192)).astype(float)
    shrunk = large.reshape(2, 48, 4, 72, 4, 3).mean((2, 4))
    assert np.abs(shrunk - _render(scene)).mean() < 3


def test_missing_tint_is_refused(scene: Any) -> None:
    """Catches the tint of another hand model."""
    with pytest.raises(ValueError, match="vertex_tint must be"):
        _render(scene, vertex_tint=np.ones((3, 3)))
