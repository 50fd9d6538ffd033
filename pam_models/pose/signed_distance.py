"""Exact signed distance from points to a triangle mesh: closest point on triangles, sign by generalised winding
number.

The winding number (Jacobson et al. 2013, "Robust inside-outside segmentation using generalized winding numbers",
sections 3 and 4) stays meaningful on meshes with holes and on unions of overlapping closed components.
"""

import numpy as np
from jaxtyping import Float, Float64, Int
from numba import njit

from pam_models.pose.triangle_tree import TriangleTree, squared_distance, triangle_tree, winding_number

INSIDE_WINDING = 0.5


class SurfaceDistance:
    """Signed distances to one mesh; its tree is built once."""

    def __init__(self, vertices_m: Float[np.ndarray, "V 3"], faces: Int[np.ndarray, "F 3"]) -> None:
        """Raises ValueError for an empty mesh."""
        self._tree: TriangleTree = triangle_tree(vertices_m, faces)

    def __call__(self, points_m: Float[np.ndarray, "N 3"], *, reach_m: float) -> Float64[np.ndarray, " N"]:
        """Distance of each point in metres, negative inside; +inf for points further than `reach_m` outside."""
        tree = self._tree
        low, high = tree.low[0], tree.high[0]
        points = points_m.astype(np.float64)
        near = np.flatnonzero(np.all((points > low - reach_m) & (points < high + reach_m), axis=1))
        inside_box = np.all((points[near] > low) & (points[near] < high), axis=1)
        distance = np.full(len(points), np.inf)
        distance[near] = _signed(
            np.ascontiguousarray(points[near]),
            inside_box,
            reach_m,
            (tree.triangles, tree.low, tree.high, tree.children, tree.dipoles),
        )
        return distance


def signed_distance(
    points_m: Float[np.ndarray, "N 3"],
    vertices_m: Float[np.ndarray, "V 3"],
    faces: Int[np.ndarray, "F 3"],
    *,
    reach_m: float,
) -> Float64[np.ndarray, " N"]:
    """Distance of each point to the mesh in metres, negative inside.

    Points further than `reach_m` outside the mesh get +inf. Raises ValueError for an empty mesh.
    """
    return SurfaceDistance(vertices_m, faces)(points_m, reach_m=reach_m)


@njit(cache=True, nogil=True)
def _signed(points: np.ndarray, may_be_inside: np.ndarray, reach_m: float, tree: tuple) -> np.ndarray:  # type: ignore[type-arg]
    out = np.empty(len(points))
    reach = reach_m * reach_m
    for i in range(len(points)):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        if may_be_inside[i] and winding_number(tree, px, py, pz) > INSIDE_WINDING:
            out[i] = -np.sqrt(squared_distance(tree, px, py, pz, 1e30))
        else:
            best = squared_distance(tree, px, py, pz, reach)
            out[i] = np.sqrt(best) if best < reach else np.inf
    return out
