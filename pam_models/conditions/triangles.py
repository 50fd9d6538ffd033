"""Filling triangles: the inner loops of the z-buffer and of the shadow maps.

A screen point is (u px, v px, height), where a height is positive, linear in u and v, and grows towards the eye: 1 / z
in a perspective picture. Points lie on the 2^-16 px grid, which makes the top-left rule exact.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

NEAR_M = 1e-3
SNAP = 65536.0


@njit(cache=True, nogil=True, inline="always")
def to_screen(x: float, y: float, z: float, K: F64, out: F64, i: int) -> None:
    """(u px, v px, 1 / z), u and v on the 2^-16 grid."""
    inverse = 1.0 / z
    out[i, 0] = np.rint(((K[0, 0] * x + K[0, 1] * y) * inverse + K[0, 2]) * SNAP) / SNAP
    out[i, 1] = np.rint((K[1, 1] * y * inverse + K[1, 2]) * SNAP) / SNAP
    out[i, 2] = inverse


@njit(cache=True, nogil=True)
def _clip(vertices: F32, a: int, b: int, c: int, K: F64, out: F64) -> int:
    """The part of a triangle beyond the near plane, as a screen polygon of 3 or 4 corners; returns their number."""
    corners = (a, b, c)
    count = 0
    for k in range(3):
        p, q = vertices[corners[k]], vertices[corners[(k + 1) % 3]]
        if p[2] >= NEAR_M:
            to_screen(np.float64(p[0]), np.float64(p[1]), np.float64(p[2]), K, out, count)
            count += 1
        if (p[2] >= NEAR_M) != (q[2] >= NEAR_M):
            s = (NEAR_M - np.float64(p[2])) / (np.float64(q[2]) - np.float64(p[2]))
            to_screen(p[0] + s * (q[0] - p[0]), p[1] + s * (q[1] - p[1]), NEAR_M, K, out, count)
            count += 1
    return count


@njit(cache=True, nogil=True)
def gather_triangles(
    vertices: F32, screen: F64, faces: I32, K: F64, height: int, width: int, corners: F64, owners: I64
) -> int:
    """Write triangles that may cover a pixel centre as rows (u, v, 1 / z) x 3, and their faces; returns how many.

    `screen` (V, 3) is what `vertices` project to; a third value of 0 marks a vertex to clip away.
    """
    count = 0
    clipped = np.empty((4, 3), np.float64)
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        i0, i1, i2 = screen[a, 2], screen[b, 2], screen[c, 2]
        if i0 > 0 and i1 > 0 and i2 > 0:
            u0, v0, u1, v1, u2, v2 = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
            # Most triangles of a fine mesh fall between pixel centres.
            low, high = (v0, v1) if v0 < v1 else (v1, v0)
            low, high = v2 if v2 < low else low, v2 if v2 > high else high
            if max(np.ceil(low), 0.0) > min(np.floor(high), height - 1.0):
                continue
            low, high = (u0, u1) if u0 < u1 else (u1, u0)
            low, high = u2 if u2 < low else low, u2 if u2 > high else high
            if max(np.ceil(low), 0.0) > min(np.floor(high), width - 1.0):
                continue
            owners[count] = f
            corners[count, 0], corners[count, 1], corners[count, 2] = u0, v0, i0
            corners[count, 3], corners[count, 4], corners[count, 5] = u1, v1, i1
            corners[count, 6], corners[count, 7], corners[count, 8] = u2, v2, i2
            count += 1
        elif i0 > 0 or i1 > 0 or i2 > 0:
            for k in range(2, _clip(vertices, a, b, c, K, clipped)):
                owners[count] = f
                for j in range(3):
                    corners[count, j], corners[count, 3 + j] = clipped[0, j], clipped[k - 1, j]
                    corners[count, 6 + j] = clipped[k, j]
                count += 1
    return count


@njit(cache=True, nogil=True)
def touched_box(corners: F64, count: int, height: int, width: int) -> tuple[int, int, int, int]:
    """First and last row and column of the picture that `count` triangles may cover; first > last where none."""
    top, bottom, left, right = float(height), -1.0, float(width), -1.0
    for n in range(count):
        for k in range(3):
            u, v = corners[n, 3 * k], corners[n, 3 * k + 1]
            left, right = min(left, u), max(right, u)
            top, bottom = min(top, v), max(bottom, v)
    first_row, last_row = int(max(np.ceil(top), 0.0)), int(min(np.floor(bottom), height - 1.0))
    return first_row, last_row, int(max(np.ceil(left), 0.0)), int(min(np.floor(right), width - 1.0))


@njit(cache=True, nogil=True, inline="always")
def _packed(height: float, face: int) -> np.int64:
    """A number that is the greater, the greater the (positive) height and the lower the face."""
    return (np.int64(np.float32(height).view(np.int32)) << 32) | (0x7FFFFFFF - face)


@njit(cache=True, nogil=True, inline="always")
def height_of(packed: np.int64) -> np.float32:
    """The height in a window's number."""
    return np.int32(packed >> 32).view(np.float32)


@njit(cache=True, nogil=True, inline="always")
def face_of(packed: np.int64) -> np.int64:
    """The face in a window's number."""
    return 0x7FFFFFFF - (packed & 0x7FFFFFFF)


@njit(cache=True, nogil=True)
def fill_triangles(corners: F64, owners: I64, count: int, top: int, left: int, window: I64) -> None:
    """Draw triangles (u, v, 1 / z) x 3 into the window of the picture that starts at row `top` and column `left`.

    Whatever the window held is lost; 0 stays where no triangle is. Any positive height that grows towards the eye may
    stand for 1 / z.
    """
    window[:] = 0
    last_row, last_column = window.shape[0] - 1.0, window.shape[1] - 1.0
    half = 0.5 / (SNAP * SNAP)
    for n in range(count):
        u0, v0, i0 = corners[n, 0] - left, corners[n, 1] - top, corners[n, 2]
        u1, v1, i1 = corners[n, 3] - left, corners[n, 4] - top, corners[n, 5]
        u2, v2, i2 = corners[n, 6] - left, corners[n, 7] - top, corners[n, 8]
        area = (u1 - u0) * (v2 - v0) - (v1 - v0) * (u2 - u0)
        owner = owners[n]
        if area == 0.0:
            continue
        if area < 0.0:
            u1, v1, i1, u2, v2, i2, area = u2, v2, i2, u1, v1, i1, -area
        x_low, x_high = max(np.ceil(min(u0, u1, u2)), 0.0), min(np.floor(max(u0, u1, u2)), last_column)
        y_low, y_high = max(np.ceil(min(v0, v1, v2)), 0.0), min(np.floor(max(v0, v1, v2)), last_row)
        if x_low > x_high or y_low > y_high:
            continue

        # Edge functions are positive inside; an edge that is neither top nor left loses the pixels right on it.
        dx0, dy0, dx1, dy1, dx2, dy2 = u1 - u0, v1 - v0, u2 - u1, v2 - v1, u0 - u2, v0 - v2
        bias0 = 0.0 if dy0 < 0 or (dy0 == 0 and dx0 > 0) else half
        bias1 = 0.0 if dy1 < 0 or (dy1 == 0 and dx1 > 0) else half
        bias2 = 0.0 if dy2 < 0 or (dy2 == 0 and dx2 > 0) else half

        scale = 1.0 / area
        d1, d2 = (i1 - i0) * scale, (i2 - i0) * scale
        slope_x, slope_y = -(d1 * dy2 + d2 * dy0), d1 * dx2 + d2 * dx0
        nearest, farthest = max(i0, i1, i2), min(i0, i1, i2)
        for y in range(int(y_low), int(y_high) + 1):
            row = i0 + slope_y * (y - v0)
            edge0, edge1, edge2 = dx0 * (y - v0) - bias0, dx1 * (y - v1) - bias1, dx2 * (y - v2) - bias2
            for x in range(int(x_low), int(x_high) + 1):
                inside = (edge0 >= dy0 * (x - u0)) & (edge1 >= dy1 * (x - u1)) & (edge2 >= dy2 * (x - u2))
                # Slivers extrapolate their plane badly: no pixel lies outside the range of its corners.
                seen = _packed(min(max(row + slope_x * (x - u0), farthest), nearest), owner)
                # No branches: one that guesses wrong is dearer than all of this.
                window[y, x] = max(window[y, x], seen & -np.int64(inside))
