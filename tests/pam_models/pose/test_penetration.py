"""Depth and shared volume of shapes for which both are known."""

import numpy as np
import pytest

from pam_models.pose.convex_solid import convex_solid
from pam_models.pose.penetration import contact_depths, penetration_volumes_cm3, surface_gaps
from pam_models.pose.physics.shapes import box_mesh

TABLE = box_mesh([0.1, 0.1, 0.1])
PROBE = box_mesh([0.02, 0.02, 0.02], cells=24)


def probe_at(*heights_m: float) -> np.ndarray:
    return np.stack([PROBE.vertices_m + np.array([0.0, 0.0, 0.12 + height]) for height in heights_m])


def still(frames: int) -> np.ndarray:
    return np.tile(np.eye(4), (frames, 1, 1))


def test_volume_of_a_flat_contact_is_area_times_depth() -> None:
    """Catches a wrong unit, areas counted once per face instead of shared by vertices, and gaps that count."""
    vertices = probe_at(-0.001, 0.001)
    gaps = surface_gaps(vertices, TABLE.vertices_m, TABLE.faces, still(2))
    volumes = penetration_volumes_cm3(gaps, vertices, PROBE.faces)
    # 4 cm x 4 cm x 1 mm; the rim's vertices own a little of the sides as well
    assert volumes[0] == pytest.approx(1.6, rel=0.1)
    assert volumes[1] == 0.0


def test_depth_follows_the_objects_pose() -> None:
    """Catches an inverted object pose."""
    moved = still(2)
    moved[1, 2, 3] = 0.05
    depth, touched = contact_depths(probe_at(0.05, 0.049), TABLE.vertices_m, TABLE.faces, moved)
    np.testing.assert_allclose(depth, [0.0, 0.001], atol=1e-7)
    assert touched.tolist() == [False, True]


def test_a_solid_takes_away_an_inside_that_the_mesh_only_seems_to_have() -> None:
    """Catches a hand in an open bowl counting as penetration, and real penetration that gets lost on the way."""
    vertices = probe_at(-0.01)
    walls = [
        np.array([[x, y, z] for x in xs for y in (-0.1, 0.1) for z in (-0.1, 0.1)])
        for xs in ((-0.1, -0.015), (0.018, 0.1))
    ]
    gaps = surface_gaps(vertices, TABLE.vertices_m, TABLE.faces, still(1), convex_solid(walls))[0]
    plain = surface_gaps(vertices, TABLE.vertices_m, TABLE.faces, still(1))[0]
    x = vertices[0, :, 0]
    between = (x > -0.015) & (x < 0.018) & (plain < 0)
    assert (gaps[between] > 0).all() and between.sum() > 50
    beyond = (x < -0.0151) & (plain < -1e-6)
    np.testing.assert_allclose(gaps[beyond], np.maximum(plain[beyond], -(-0.015 - x[beyond])), atol=1e-6)
