"""The tree answers as the plain sums over all triangles do."""

import numpy as np
import pytest

from pam_models.pose.physics.shapes import box_mesh, lathe_mesh, merge
from pam_models.pose.triangle_tree import TriangleTree, squared_distance, triangle_tree, winding_number

BALL = lathe_mesh([(0.05 * np.cos(a), 0.05 * np.sin(a)) for a in np.linspace(-np.pi / 2, np.pi / 2, 40)])
MESH = merge([BALL, box_mesh([0.02, 0.03, 0.04], [0.04, 0.0, 0.0], cells=6)])


def fields(tree: TriangleTree) -> tuple[np.ndarray, ...]:
    return (tree.triangles, tree.low, tree.high, tree.children, tree.dipoles)


def solid_angles(point: np.ndarray, triangles: np.ndarray) -> float:
    a, b, c = (triangles[:, k] - point for k in range(3))
    la, lb, lc = (np.linalg.norm(v, axis=1) for v in (a, b, c))
    triple = np.einsum("fi,fi->f", a, np.cross(b, c))
    below = la * lb * lc + (a * b).sum(1) * lc + (b * c).sum(1) * la + (c * a).sum(1) * lb
    return float((2 * np.arctan2(triple, below)).sum() / (4 * np.pi))


def test_every_triangle_is_in_one_leaf() -> None:
    """Catches triangles that the split loses, which would be holes nobody sees."""
    tree = triangle_tree(MESH.vertices_m, MESH.faces)
    leaves = [(first, -count) for first, count in tree.children if count < 0]
    counted = np.zeros(len(MESH.faces), int)
    for first, count in leaves:
        counted[first : first + count] += 1
    assert (counted == 1).all()
    sorted_rows = [np.sort(t.reshape(len(t), -1), axis=0) for t in (tree.triangles, MESH.vertices_m[MESH.faces])]
    np.testing.assert_array_equal(*sorted_rows)


def test_winding_is_that_of_the_plain_sum() -> None:
    """Catches dipoles that are used too near, and a sign that is off."""
    tree = triangle_tree(MESH.vertices_m, MESH.faces)
    triangles = MESH.vertices_m.astype(float)[MESH.faces]
    for point in np.random.default_rng(0).uniform(-0.08, 0.08, (200, 3)):
        found = winding_number(fields(tree), *point)
        assert found == pytest.approx(solid_angles(point, triangles), abs=0.06)


def test_a_bound_that_is_not_reached_is_returned() -> None:
    """Catches a search that ignores its bound, on which the speed of far points rests."""
    tree = triangle_tree(MESH.vertices_m, MESH.faces)
    assert squared_distance(fields(tree), 0.5, 0.0, 0.0, 1e-4) == 1e-4
    assert squared_distance(fields(tree), 0.5, 0.0, 0.0, 1e30) == pytest.approx(0.44**2)


def test_an_empty_mesh_is_refused() -> None:
    """Catches a tree without a root."""
    with pytest.raises(ValueError, match="no faces"):
        triangle_tree(np.zeros((3, 3)), np.zeros((0, 3), np.int32))
