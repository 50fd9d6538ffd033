"""Light of single pixels: table in shadow, hollows, and both materials."""

from typing import Any

import numpy as np

from pam_models.conditions.reflection import shade_meshes, shade_table

EYE3 = np.eye(3, dtype=np.float32)
ZERO3 = np.zeros(3, np.float32)


def test_shadow_takes_direct_light_and_contact_takes_ambient() -> None:
    """Catches the two maps being swapped, and pixels off the table being darkened."""
    face_id = np.full((1, 4), -1, np.int32)
    face_id[0, 3] = 0
    points = np.array([[[5, 5, 1], [50, 50, 1], [np.nan] * 3, [5, 5, 1]]], np.float32)
    layers = [np.full((1, 4, 3), value, np.float32) for value in (0.5, 0.2, 0.1)]
    half = np.full((20, 20), 0.4, np.float32)
    light = np.full((1, 4, 3), -1, np.float32)
    shade_table(face_id, *layers, points, half, EYE3, ZERO3, 1.0, np.zeros_like(half), EYE3, ZERO3, 1.0, light)
    np.testing.assert_allclose(light[0, :, 0], [0.6, 0.8, 0.8, -1], atol=1e-6)
    shade_table(face_id, *layers, points, np.zeros_like(half), EYE3, ZERO3, 1.0, half, EYE3, ZERO3, 1.0, light)
    np.testing.assert_allclose(light[0, :, 0], [0.8 - 0.2 * 0.75 * 0.4, 0.8, 0.8, -1], atol=1e-6)


def _lit(towards_light: tuple[float, float, float], hand_faces: int = 1, **changes: Any) -> np.ndarray:
    """Middle pixel of one big triangle at z = 1 that faces the camera, grey, under white direct light."""
    vertices = np.array([[-3, -3, 1], [3, -3, 1], [0, 5, 1]], np.float32)
    normals = np.repeat([[0.0, 0.0, -1.0]], 3, 0).astype(np.float32)
    depth = changes.get("depth", np.ones((5, 5), np.float32))
    lights = np.array([towards_light, [0, -1, 0], [1, 1, 1], changes.get("ambient", [0, 0, 0]), [0, 0, 0]], np.float32)
    light = np.zeros((5, 5, 3), np.float32)
    K_inverse = np.array([[0.01, 0, -0.02], [0, 0.01, -0.02], [0, 0, 1]])
    hand_normals = normals if hand_faces else np.zeros((0, 3), np.float32)
    shade_meshes(
        depth, np.zeros((5, 5), np.int32), K_inverse, 100.0, vertices, np.array([[0, 1, 2]], np.int32), hand_faces,
        hand_normals, normals[None], EYE3, vertices, np.full((3, 3), 0.5, np.float32),
        np.full((2, 3), 0.5, np.float32), np.array([0, 2, 1, 0, 0, 1, 0, 0.0]), lights, -10.0,
        changes.get("closeness", np.zeros((20, 20), np.float32)), EYE3, np.array([-1, -1, -1], np.float32), 0.1, light,
    )  # fmt: skip
    return light[2, 2]


def test_facing_the_light_is_bright_and_skin_is_soft_and_red_at_the_rim() -> None:
    """Catches light from the wrong side, and skin shaded like paint."""
    assert abs(_lit((0, 0, -1), 0)[0] - 0.5) < 1e-5
    assert _lit((0, 0, 1), 0).max() == 0
    grazing = _lit((1, 0, 0))
    assert grazing[0] > grazing[1] > grazing[2] > 0
    assert _lit((1, 0, 0), 0).max() < 1e-6


def test_a_surface_between_pixel_and_light_shades_it() -> None:
    """Catches a light grid that is never read: the hand would not shade the object."""
    above = np.full((20, 20), 9.0, np.float32)
    assert _lit((0, 0, -1), 0, closeness=above).max() < 1e-6


def test_hollows_get_less_ambient_light_than_flat_ground() -> None:
    """Catches darkening of plain slopes, and none between fingers."""
    flat = _lit((0, 0, 1), 0, ambient=[1, 1, 1])[0]
    slope = np.repeat(np.linspace(0.98, 1.02, 5, dtype=np.float32)[None], 5, 0)
    hollow = np.full((5, 5), 0.97, np.float32)
    hollow[2, 2] = 1
    assert abs(_lit((0, 0, 1), 0, ambient=[1, 1, 1], depth=slope)[0] - flat) < 1e-3
    assert _lit((0, 0, 1), 0, ambient=[1, 1, 1], depth=hollow)[0] < 0.6 * flat
