"""A solid made of convex parts, for meshes that have no inside of their own: bowls of one sheet, soups of triangles."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial import ConvexHull


@dataclass(frozen=True)
class ConvexSolid:
    """The outward planes (unit normal, offset) of every part: a point is inside it where all of them are negative."""

    planes: tuple[Float64[np.ndarray, "P 4"], ...]

    def depths_m(self, points_m: Float[np.ndarray, "N 3"]) -> Float64[np.ndarray, " N"]:
        """How far each point is inside the part that it is deepest in, metres; negative outside all parts."""
        deepest = np.full(len(points_m), -np.inf)
        for planes in self.planes:
            inside = -(points_m @ planes[:, :3].T + planes[:, 3]).max(axis=1)
            deepest = np.maximum(deepest, inside)
        return deepest


def convex_solid(parts_m: Sequence[Float[np.ndarray, "N 3"]]) -> ConvexSolid:
    """The solid of the convex hulls of points, metres."""
    return ConvexSolid(tuple(np.asarray(ConvexHull(points).equations) for points in parts_m))
