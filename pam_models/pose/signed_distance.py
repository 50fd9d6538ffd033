"""Exact signed distance from points to a triangle mesh: closest point on triangles, sign by generalised winding
number.

The winding number (Jacobson et al. 2013, "Robust inside-outside segmentation using generalized winding numbers",
sections 3 and 4) stays meaningful on meshes with holes and on unions of overlapping closed components.
"""

import numpy as np
from jaxtyping import Float, Float64, Int
from numba import njit

INSIDE_WINDING = 0.5


def signed_distance(
    points_m: Float[np.ndarray, "N 3"],
    vertices_m: Float[np.ndarray, "V 3"],
    faces: Int[np.ndarray, "F 3"],
    *,
    reach_m: float,
) -> Float64[np.ndarray, " N"]:
    """Distance of each point to the mesh in metres, negative inside.

    Points further than `reach_m` outside the mesh's bounding box are not measured and get +inf. Raises ValueError for
    an empty mesh.
    """
    if len(faces) == 0 or len(vertices_m) == 0:
        raise ValueError("the mesh has no faces, so there is no distance to it")
    triangles = np.ascontiguousarray(vertices_m.astype(np.float64)[faces])
    low, high = triangles.reshape(-1, 3).min(0), triangles.reshape(-1, 3).max(0)
    points = points_m.astype(np.float64)
    near = np.flatnonzero(np.all((points > low - reach_m) & (points < high + reach_m), axis=1))
    inside_box = np.all((points[near] > low) & (points[near] < high), axis=1)
    distance = np.full(len(points), np.inf)
    distance[near] = _signed(np.ascontiguousarray(points[near]), inside_box, triangles)
    return distance


@njit(cache=True, nogil=True)
def _signed(points: np.ndarray, may_be_inside: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    out = np.empty(len(points))
    centres = np.empty((len(triangles), 3))
    radii = np.empty(len(triangles))
    for f in range(len(triangles)):
        for k in range(3):
            centres[f, k] = (triangles[f, 0, k] + triangles[f, 1, k] + triangles[f, 2, k]) / 3.0
        largest = 0.0
        for c in range(3):
            d = 0.0
            for k in range(3):
                d += (triangles[f, c, k] - centres[f, k]) ** 2
            largest = max(largest, d)
        radii[f] = np.sqrt(largest)
    for i in range(len(points)):
        px, py, pz = points[i, 0], points[i, 1], points[i, 2]
        best = 1e30
        for f in range(len(triangles)):
            dx, dy, dz = px - centres[f, 0], py - centres[f, 1], pz - centres[f, 2]
            bound = np.sqrt(best) + radii[f]
            if dx * dx + dy * dy + dz * dz < bound * bound:
                best = min(best, _squared_distance(px, py, pz, triangles[f]))
        distance = np.sqrt(best)
        if may_be_inside[i] and _winding(px, py, pz, triangles) > INSIDE_WINDING:
            distance = -distance
        out[i] = distance
    return out


@njit(cache=True, nogil=True)
def _winding(px: float, py: float, pz: float, triangles: np.ndarray) -> float:
    total = 0.0
    for f in range(len(triangles)):
        ax, ay, az = triangles[f, 0, 0] - px, triangles[f, 0, 1] - py, triangles[f, 0, 2] - pz
        bx, by, bz = triangles[f, 1, 0] - px, triangles[f, 1, 1] - py, triangles[f, 1, 2] - pz
        cx, cy, cz = triangles[f, 2, 0] - px, triangles[f, 2, 1] - py, triangles[f, 2, 2] - pz
        la, lb, lc = (
            np.sqrt(ax * ax + ay * ay + az * az),
            np.sqrt(bx * bx + by * by + bz * bz),
            np.sqrt(cx * cx + cy * cy + cz * cz),
        )
        triple = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
        ab, bc, ca = ax * bx + ay * by + az * bz, bx * cx + by * cy + bz * cz, cx * ax + cy * ay + cz * az
        total += 2.0 * np.arctan2(triple, la * lb * lc + ab * lc + bc * la + ca * lb)
    return total / (4.0 * np.pi)


@njit(cache=True, nogil=True)
def _squared_distance(px: float, py: float, pz: float, triangle: np.ndarray) -> float:
    """Squared distance from a point to a triangle, by the Voronoi region the point falls in."""
    ax, ay, az = triangle[0, 0], triangle[0, 1], triangle[0, 2]
    ux, uy, uz = triangle[1, 0] - ax, triangle[1, 1] - ay, triangle[1, 2] - az
    vx, vy, vz = triangle[2, 0] - ax, triangle[2, 1] - ay, triangle[2, 2] - az
    wx, wy, wz = px - ax, py - ay, pz - az
    uu, uv, vv = ux * ux + uy * uy + uz * uz, ux * vx + uy * vy + uz * vz, vx * vx + vy * vy + vz * vz
    wu, wv = wx * ux + wy * uy + wz * uz, wx * vx + wy * vy + wz * vz
    det = uu * vv - uv * uv
    if det > 1e-24:
        s, t = (vv * wu - uv * wv) / det, (uu * wv - uv * wu) / det
        if s >= 0.0 and t >= 0.0 and s + t <= 1.0:
            dx, dy, dz = wx - s * ux - t * vx, wy - s * uy - t * vy, wz - s * uz - t * vz
            return float(dx * dx + dy * dy + dz * dz)
    best: float = 1e30
    for edge in range(3):
        e0, e1 = edge, (edge + 1) % 3
        ex, ey, ez = (
            triangle[e1, 0] - triangle[e0, 0],
            triangle[e1, 1] - triangle[e0, 1],
            triangle[e1, 2] - triangle[e0, 2],
        )
        qx, qy, qz = px - triangle[e0, 0], py - triangle[e0, 1], pz - triangle[e0, 2]
        length = ex * ex + ey * ey + ez * ez
        along = 0.0 if length < 1e-30 else min(1.0, max(0.0, (qx * ex + qy * ey + qz * ez) / length))
        dx, dy, dz = qx - along * ex, qy - along * ey, qz - along * ez
        best = min(best, dx * dx + dy * dy + dz * dz)
    return best
