"""Normals and barycentric weights against closed forms."""

import numpy as np
import trimesh

from pam_models.conditions.surface import barycentrics, corner_normals, vertex_normals


def test_a_balls_normals_point_outward() -> None:
    """Catches inward normals and missing normalisation."""
    ball = trimesh.creation.icosphere(3, 0.3)
    normals = vertex_normals(ball.vertices[None], ball.faces)[0]
    assert np.abs(normals - ball.vertices / 0.3).max() < 0.02
    corners = corner_normals(ball.vertices, ball.faces)
    assert np.abs(corners - ball.vertices[ball.faces] / 0.3).max() < 0.02


def test_a_box_keeps_its_edges() -> None:
    """Catches smoothing across creases, which would round boxes off in every picture."""
    box = trimesh.creation.box((0.1, 0.2, 0.3))
    normals = corner_normals(box.vertices, box.faces)
    np.testing.assert_allclose(normals, np.repeat(box.face_normals[:, None], 3, 1), atol=1e-6)


def test_unused_vertices_and_empty_faces_give_zero_not_nan() -> None:
    """Catches division by zero in degenerate meshes."""
    vertices = np.array([[0, 0, 0], [1, 0, 0], [2, 0, 0], [5, 5, 5]], float)
    faces = np.array([[0, 1, 2]])
    assert not vertex_normals(vertices[None], faces).any()
    assert not corner_normals(vertices, faces).any()


def test_weights_rebuild_the_point_and_stay_in_the_triangle() -> None:
    """Catches swapped corners and weights that run outside at the rim."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        corners = rng.normal(size=(3, 3)).astype(np.float32)
        weights = rng.dirichlet([1, 1, 1])
        point = weights @ corners
        np.testing.assert_allclose(barycentrics(corners, 0, 1, 2, *point), weights, atol=1e-4)
        outside = np.array(barycentrics(corners, 0, 1, 2, *(corners[1] + 3 * (corners[1] - corners[0]))))
        assert outside.min() >= 0
        assert abs(outside.sum() - 1) < 1e-9
    flat = np.zeros((3, 3), np.float32)
    assert barycentrics(flat, 0, 1, 2, 0.0, 0.0, 0.0) == (1.0, 0.0, 0.0)
