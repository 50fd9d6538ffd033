"""A tree of boxes over triangles that answers two questions about a point: how near is the surface, and how often does
it wind around the point.

The winding number of far triangles is that of their common dipole (Barill et al. 2018, "Fast winding numbers for soups
and clouds", section 3, first order); near ones are summed exactly (Jacobson et al. 2013).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64, Int, Int32
from numba import njit

_LEAF = 4
# A node is far when the point is this many of its radii away; 2 keeps the winding number to about 0.01.
_FAR = 2.3
_DEPTH = 64


@dataclass(frozen=True)
class TriangleTree:
    """Triangles in tree order and N nodes: boxes, children (first triangle and minus the count in a leaf), dipoles."""

    triangles: Float64[np.ndarray, "F 3 3"]
    low: Float64[np.ndarray, "N 3"]
    high: Float64[np.ndarray, "N 3"]
    children: Int32[np.ndarray, "N 2"]
    dipoles: Float64[np.ndarray, "N 7"]


def triangle_tree(vertices: Float[np.ndarray, "V 3"], faces: Int[np.ndarray, "F 3"]) -> TriangleTree:
    """Build the tree. Raises ValueError for an empty mesh."""
    if len(faces) == 0 or len(vertices) == 0:
        raise ValueError("the mesh has no faces, so there is no distance to it")
    triangles = np.ascontiguousarray(vertices.astype(np.float64)[faces])
    nodes = 2 * len(triangles) + 1
    low, high = np.empty((nodes, 3)), np.empty((nodes, 3))
    children, dipoles = np.empty((nodes, 2), np.int32), np.empty((nodes, 7))
    order = np.arange(len(triangles))
    count = _build(triangles, order, low, high, children, dipoles)
    return TriangleTree(triangles[order], low[:count], high[:count], children[:count], dipoles[:count])


@njit(cache=True, nogil=True)
def squared_distance(tree: tuple, px: float, py: float, pz: float, best: float) -> float:  # type: ignore[type-arg]
    """Squared distance from a point to the nearest triangle, or `best` where none is nearer than that.

    `tree` is (triangles, low, high, children, dipoles).
    """
    triangles, low, high, children, _ = tree
    stack = np.empty(_DEPTH, np.int32)
    stack[0] = 0
    top = 1
    while top > 0:
        top -= 1
        node = stack[top]
        if _box_gap(low, high, node, px, py, pz) >= best:
            continue
        first, second = children[node, 0], children[node, 1]
        if second < 0:
            for f in range(first, first - second):
                best = min(best, _squared_to_triangle(px, py, pz, triangles[f]))
        elif _box_gap(low, high, first, px, py, pz) < _box_gap(low, high, second, px, py, pz):
            stack[top], stack[top + 1] = second, first
            top += 2
        else:
            stack[top], stack[top + 1] = first, second
            top += 2
    return best


@njit(cache=True, nogil=True)
def winding_number(tree: tuple, px: float, py: float, pz: float) -> float:  # type: ignore[type-arg]
    """How often the surface winds around a point: 1 inside a closed outward mesh, 0 outside."""
    triangles, _, _, children, dipoles = tree
    stack = np.empty(_DEPTH, np.int32)
    stack[0] = 0
    top, total = 1, 0.0
    while top > 0:
        top -= 1
        node = stack[top]
        dx, dy, dz = dipoles[node, 0] - px, dipoles[node, 1] - py, dipoles[node, 2] - pz
        squared = dx * dx + dy * dy + dz * dz
        reach = _FAR * dipoles[node, 6]
        if squared > reach * reach:
            total += (dx * dipoles[node, 3] + dy * dipoles[node, 4] + dz * dipoles[node, 5]) / (
                squared * np.sqrt(squared)
            )
            continue
        first, second = children[node, 0], children[node, 1]
        if second < 0:
            for f in range(first, first - second):
                total += _solid_angle(px, py, pz, triangles[f])
        else:
            stack[top], stack[top + 1] = first, second
            top += 2
    return float(total / (4.0 * np.pi))


@njit(cache=True, nogil=True)
def _build(triangles, order, low, high, children, dipoles):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    centres = (triangles[:, 0] + triangles[:, 1] + triangles[:, 2]) / 3.0
    spans = np.empty((_DEPTH, 3), np.int32)
    spans[0, 0], spans[0, 1], spans[0, 2] = 0, 0, len(order)
    top, count = 1, 1
    while top > 0:
        top -= 1
        node, start, end = spans[top, 0], spans[top, 1], spans[top, 2]
        _measure(triangles, order[start:end], node, low, high, dipoles)
        if end - start <= _LEAF:
            children[node, 0], children[node, 1] = start, start - end
            continue
        mine = order[start:end]
        axis, widest = 0, -1.0
        for k in range(3):
            extent = centres[mine, k].max() - centres[mine, k].min()
            if extent > widest:
                axis, widest = k, extent
        order[start:end] = mine[np.argsort(centres[mine, axis], kind="mergesort")]
        middle = (start + end) // 2
        children[node, 0], children[node, 1] = count, count + 1
        spans[top, 0], spans[top, 1], spans[top, 2] = count, start, middle
        spans[top + 1, 0], spans[top + 1, 1], spans[top + 1, 2] = count + 1, middle, end
        top += 2
        count += 2
    return count


@njit(cache=True, nogil=True)
def _measure(triangles, mine, node, low, high, dipoles):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """A node's box, its area-weighted centre and normal, and the radius about that centre."""
    area_sum = 0.0
    dipoles[node] = 0.0
    for k in range(3):
        low[node, k], high[node, k] = np.inf, -np.inf
    for f in mine:
        a, b, c = triangles[f, 0], triangles[f, 1], triangles[f, 2]
        normal = np.cross(b - a, c - a) / 2.0
        area = np.sqrt((normal**2).sum()) + 1e-18
        area_sum += area
        for k in range(3):
            low[node, k] = min(low[node, k], a[k], b[k], c[k])
            high[node, k] = max(high[node, k], a[k], b[k], c[k])
            dipoles[node, k] += area * (a[k] + b[k] + c[k]) / 3.0
            dipoles[node, 3 + k] += normal[k]
    for k in range(3):
        dipoles[node, k] /= area_sum
    for f in mine:
        for corner in range(3):
            gap = 0.0
            for k in range(3):
                gap += (triangles[f, corner, k] - dipoles[node, k]) ** 2
            dipoles[node, 6] = max(dipoles[node, 6], np.sqrt(gap))


@njit(cache=True, nogil=True)
def _box_gap(low, high, node, px, py, pz):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    dx = max(low[node, 0] - px, 0.0, px - high[node, 0])
    dy = max(low[node, 1] - py, 0.0, py - high[node, 1])
    dz = max(low[node, 2] - pz, 0.0, pz - high[node, 2])
    return dx * dx + dy * dy + dz * dz


@njit(cache=True, nogil=True)
def _solid_angle(px: float, py: float, pz: float, triangle: np.ndarray) -> float:
    """Signed solid angle of a triangle seen from a point (Van Oosterom and Strackee 1983)."""
    ax, ay, az = triangle[0, 0] - px, triangle[0, 1] - py, triangle[0, 2] - pz
    bx, by, bz = triangle[1, 0] - px, triangle[1, 1] - py, triangle[1, 2] - pz
    cx, cy, cz = triangle[2, 0] - px, triangle[2, 1] - py, triangle[2, 2] - pz
    la = np.sqrt(ax * ax + ay * ay + az * az)
    lb = np.sqrt(bx * bx + by * by + bz * bz)
    lc = np.sqrt(cx * cx + cy * cy + cz * cz)
    triple = ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
    ab, bc, ca = ax * bx + ay * by + az * bz, bx * cx + by * cy + bz * cz, cx * ax + cy * ay + cz * az
    return float(2.0 * np.arctan2(triple, la * lb * lc + ab * lc + bc * la + ca * lb))


@njit(cache=True, nogil=True)
def _squared_to_triangle(px: float, py: float, pz: float, triangle: np.ndarray) -> float:
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
