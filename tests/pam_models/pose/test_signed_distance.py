"""Distances to meshes whose distance is known in closed form."""

import numpy as np
import pytest

from pam_models.pose.physics.shapes import box_mesh, lathe_mesh, merge
from pam_models.pose.signed_distance import signed_distance


def box_distance(points: np.ndarray, half: np.ndarray) -> np.ndarray:
    outside = np.abs(points) - half
    return np.linalg.norm(np.maximum(outside, 0), axis=1) + np.minimum(outside.max(1), 0)


def test_box_distance_and_sign_are_exact() -> None:
    """Catches a wrong sign, a missing edge or corner region, and culling that drops the nearest triangle."""
    half = np.array([0.03, 0.05, 0.08])
    mesh = box_mesh(half.tolist())
    points = np.random.default_rng(0).uniform(-0.12, 0.12, (2000, 3))
    found = signed_distance(points, mesh.vertices_m, mesh.faces, reach_m=1.0)
    np.testing.assert_allclose(found, box_distance(points, half), atol=2e-8)


def test_points_out_of_reach_are_not_measured() -> None:
    """Catches a reach that also drops points near the mesh."""
    mesh = box_mesh([0.05, 0.05, 0.05])
    found = signed_distance(np.array([[0.2, 0, 0], [0.055, 0, 0]]), mesh.vertices_m, mesh.faces, reach_m=0.01)
    assert np.isinf(found[0])
    assert found[1] == pytest.approx(0.005, abs=1e-8)


def test_overlapping_components_are_inside_everywhere() -> None:
    """Catches parity tests (even-odd), for which the overlap of two closed parts counts as outside."""
    mesh = merge([box_mesh([0.05, 0.05, 0.05]), box_mesh([0.05, 0.05, 0.05], [0.03, 0.0, 0.0])])
    assert signed_distance(np.array([[0.015, 0.0, 0.0]]), mesh.vertices_m, mesh.faces, reach_m=0.1)[0] < 0


def test_mesh_with_a_hole_keeps_its_inside() -> None:
    """Catches ray parity, which fails on the non-watertight meshes of recordings."""
    mesh = lathe_mesh([(0, -0.05), (0.05, -0.05), (0.05, 0.05), (0, 0.05)])
    holed = mesh.faces[3:]
    assert signed_distance(np.array([[0.0, 0.0, 0.0]]), mesh.vertices_m, holed, reach_m=0.1)[0] < 0


def test_empty_mesh_is_refused() -> None:
    """Catches a silent infinity where the mesh is missing."""
    with pytest.raises(ValueError, match="no faces"):
        signed_distance(np.zeros((1, 3)), np.zeros((0, 3)), np.zeros((0, 3), np.int32), reach_m=1.0)
