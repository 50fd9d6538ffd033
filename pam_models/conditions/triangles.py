"""Filling triangles: the inner loops of the z-buffer and of the shadow maps.

A screen point is (u px, v px, height), where a height is positive, linear in u and v, and grows towards the eye: 1 / z
in a perspective picture. Points lie on the 2^-16 px grid, which makes the top-left rule exact.

A window is a flat array with one number per pixel of a box of the picture. A number is the greater, the nearer the
surface and the lower its face, so that drawing is taking the greatest, in whatever order triangles come. Rows are
padded: spans are filled in whole blocks of `LANES` pixels, which compilers turn into vector instructions.
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
LANES = 8


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def to_screen(x: float, y: float, z: float, K: F64, out: F64, i: int) -> None:
    """(u px, v px, 1 / z), u and v on the 2^-16 grid."""
    inverse = 1.0 / z
    out[i, 0] = np.rint(((K[0, 0] * x + K[0, 1] * y) * inverse + K[0, 2]) * SNAP) / SNAP
    out[i, 1] = np.rint((K[1, 1] * y * inverse + K[1, 2]) * SNAP) / SNAP
    out[i, 2] = inverse


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
def touched_box(screen: F64, height: int, width: int) -> tuple[int, int, int, int]:
    """First and last row and column of the picture that a mesh may cover; first > last where none.

    All of the picture where vertices lie before the near plane (third value 0): clipping moves them anywhere.
    """
    top, bottom, left, right = float(height), -1.0, float(width), -1.0
    for i in range(screen.shape[0]):
        u, v = screen[i, 0], screen[i, 1]
        if screen[i, 2] <= 0:
            return 0, height - 1, 0, width - 1
        left, right = min(left, u), max(right, u)
        top, bottom = min(top, v), max(bottom, v)
    first_row, last_row = int(max(np.ceil(top), 0.0)), int(min(np.floor(bottom), height - 1.0))
    return first_row, last_row, int(max(np.ceil(left), 0.0)), int(min(np.floor(right), width - 1.0))


@njit(cache=True, nogil=True, error_model="numpy")
def stride_of(columns: int) -> int:
    """Length of a window's rows, padding included."""
    return columns + LANES - 1


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _packed(height: float, face: int) -> np.int64:
    """A number that is the greater, the greater the (positive) height and the lower the face."""
    return (np.int64(np.float32(height).view(np.int32)) << 32) | (0x7FFFFFFF - face)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def height_of(packed: np.int64) -> np.float32:
    """The height in a window's number."""
    return np.int32(packed >> 32).view(np.float32)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def face_of(packed: np.int64) -> np.int64:
    """The face in a window's number."""
    return 0x7FFFFFFF - (packed & 0x7FFFFFFF)


@njit(cache=True, nogil=True, error_model="numpy")
def draw_mesh(
    vertices: F32, screen: F64, faces: I32, K: F64, top: int, left: int, rows: int, columns: int, window: I64, away: I32
) -> None:
    """Draw a mesh into the window of `rows` x `columns` pixels that starts at row `top` and column `left`.

    `screen` (V, 3) is what `vertices` project to; a third value of 0 marks a vertex to clip away. Whatever the window
    held is lost; 0 stays where no triangle is. `away` (F,) is working space.
    """
    for i in range(rows * stride_of(columns)):
        window[np.uint64(i)] = 0
    # What faces the eye comes first. Of a closed mesh it hides the rest, which then need not be filled.
    turned = 0
    for f in range(faces.shape[0]):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        i0, i1, i2 = screen[a, 2], screen[b, 2], screen[c, 2]
        if i0 > 0 and i1 > 0 and i2 > 0:
            u0, v0, u1, v1, u2, v2 = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
            if (u1 - u0) * (v2 - v0) < (v1 - v0) * (u2 - u0):
                _draw(
                    u0 - left, v0 - top, i0, u1 - left, v1 - top, i1, u2 - left, v2 - top, i2,
                    f, rows, columns, window, False,
                )  # fmt: skip
            else:
                away[turned] = f
                turned += 1
        elif i0 > 0 or i1 > 0 or i2 > 0:
            _draw_clipped(vertices, a, b, c, K, f, top, left, rows, columns, window)
    for n in range(turned):
        f = away[n]
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        _draw(
            screen[a, 0] - left, screen[a, 1] - top, screen[a, 2], screen[b, 0] - left, screen[b, 1] - top,
            screen[b, 2], screen[c, 0] - left, screen[c, 1] - top, screen[c, 2], f, rows, columns, window, True,
        )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_clipped(
    vertices: F32, a: int, b: int, c: int, K: F64, face: int, top: int, left: int, rows: int, columns: int, window: I64
) -> None:
    """Draw a triangle that crosses the near plane."""
    corners = np.empty((4, 3), np.float64)
    count = _clip(vertices, a, b, c, K, corners)
    corners[:, 0] -= left
    corners[:, 1] -= top
    for k in range(2, count):
        _draw(
            corners[0, 0], corners[0, 1], corners[0, 2], corners[k - 1, 0], corners[k - 1, 1], corners[k - 1, 2],
            corners[k, 0], corners[k, 1], corners[k, 2], face, rows, columns, window, False,
        )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _draw(
    u0: float, v0: float, i0: float, u1: float, v1: float, i1: float, u2: float, v2: float, i2: float,
    face: int, rows: int, columns: int, window: I64, maybe_hidden: bool,
) -> None:  # fmt: skip
    """Draw a triangle in window coordinates; `maybe_hidden` ones are looked at before they are filled."""
    x_low, x_high = max(np.ceil(min(u0, u1, u2)), 0.0), min(np.floor(max(u0, u1, u2)), columns - 1.0)
    y_low, y_high = max(np.ceil(min(v0, v1, v2)), 0.0), min(np.floor(max(v0, v1, v2)), rows - 1.0)
    # Most triangles of a fine mesh fall between pixel centres.
    if x_low > x_high or y_low > y_high:
        return
    area = (u1 - u0) * (v2 - v0) - (v1 - v0) * (u2 - u0)
    if area == 0.0:
        return
    if area < 0.0:
        u1, v1, i1, u2, v2, i2, area = u2, v2, i2, u1, v1, i1, -area
    stride, height = stride_of(columns), int(y_high - y_low) + 1
    start = int(y_low) * stride + int(x_low)
    lanes = (int(x_high - x_low) + LANES) // LANES * LANES
    nearest, farthest = max(i0, i1, i2), min(i0, i1, i2)
    if maybe_hidden and _is_hidden(window, start, stride, lanes, height, _packed(nearest, face)):
        return

    # Edge functions are positive inside; an edge that is neither top nor left loses the pixels right on it.
    half = 0.5 / (SNAP * SNAP)
    dx0, dy0, dx1, dy1, dx2, dy2 = u1 - u0, v1 - v0, u2 - u1, v2 - v1, u0 - u2, v0 - v2
    bias0 = 0.0 if dy0 < 0 or (dy0 == 0 and dx0 > 0) else half
    bias1 = 0.0 if dy1 < 0 or (dy1 == 0 and dx1 > 0) else half
    bias2 = 0.0 if dy2 < 0 or (dy2 == 0 and dx2 > 0) else half
    scale = 1.0 / area
    d1, d2 = (i1 - i0) * scale, (i2 - i0) * scale
    slope_x, slope_y = -(d1 * dy2 + d2 * dy0), d1 * dx2 + d2 * dx0
    for step in range(height):
        y = y_low + step
        _fill_span(
            dx0 * (y - v0) - bias0, dx1 * (y - v1) - bias1, dx2 * (y - v2) - bias2, dy0, dy1, dy2,
            x_low - u0, x_low - u1, x_low - u2, i0 + slope_y * (y - v0), slope_x, farthest, nearest, face,
            window, start + step * stride, lanes,
        )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _is_hidden(window: I64, start: int, stride: int, lanes: int, rows: int, best: np.int64) -> bool:
    """Whether every pixel of a box already shows something nearer than the number `best`."""
    for step in range(rows):
        first = np.uint64(start + step * stride)
        seen = 0
        for k in range(lanes):
            seen += window[first + np.uint64(k)] < best
        if seen > 0:
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _fill_span(
    edge0: float, edge1: float, edge2: float, dy0: float, dy1: float, dy2: float, x0: float, x1: float, x2: float,
    row: float, slope_x: float, farthest: float, nearest: float, face: int, window: I64, start: int, lanes: int,
) -> None:  # fmt: skip
    """Pixels `start` .. `start + lanes` of the window: without branches, for one that guesses wrong is dearer."""
    for k in range(lanes):
        x = np.float64(np.int32(k))
        inside = (edge0 >= dy0 * (x0 + x)) & (edge1 >= dy1 * (x1 + x)) & (edge2 >= dy2 * (x2 + x))
        # Slivers extrapolate their plane badly: no pixel lies outside the range of its corners.
        plane = row + slope_x * (x0 + x)
        above = farthest if plane < farthest else plane
        height = nearest if above > nearest else above
        seen = _packed(height, face) if inside else np.int64(0)
        at = np.uint64(start) + np.uint64(k)
        before = window[at]
        window[at] = seen if seen > before else before
