"""Hull points are drawn onto the surface they stand off from."""

import numpy as np

from pam_models.pose.meshes.stand_off import drawn_in
from tests.pam_models.pose.meshes.meshes_on_disk import BRICK


def test_only_points_just_outside_move() -> None:
    """Catches points on cuts inside the mesh, or far from it, being moved; and bulges that stay."""
    vertices = BRICK.vertices_m.astype(np.float64)
    points = np.array([[0.022, 0.0, 0.0], [0.005, 0.0, 0.0], [0.08, 0.0, 0.0]])
    moved = drawn_in(points, vertices, BRICK.faces)
    assert abs(moved[0, 0] - 0.02) < 1e-6 and np.linalg.norm(moved[0] - points[0]) < 0.004
    np.testing.assert_array_equal(moved[1:], points[1:])
