"""Filling triangles: the inner loops of the z-buffer and of the shadow maps.

A screen point is (u px, v px, height), where a height is positive, linear in u and v, and grows towards the eye: 1 / z
in a perspective picture. Points lie on the 2^-16 px grid, which makes the top-left rule exact.

A window is a flat array with one number per pixel of a box of the picture, as `lanes` describes. Rows are padded: they
are filled in whole blocks of `LANES` pixels.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from pam_models.conditions.lanes import LANES, block_hides, fill_block, line_values

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
Three = tuple[float, float, float]

NEAR_M = 1e-3
SNAP = 65536.0
_ONE, _TWO, _THREE = np.uint64(LANES), np.uint64(2 * LANES), np.uint64(3 * LANES)


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
def _packed(height: float, tag: int) -> np.int64:
    """A number that is the greater, the greater the (positive) height and then the tag."""
    return (np.int64(np.float32(height).view(np.int32)) << 32) | np.int64(tag)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def height_of(packed: np.int64) -> np.float32:
    """The height in a window's number."""
    return np.int32(packed >> 32).view(np.float32)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def tag_of(packed: np.int64) -> np.int64:
    """The tag in a window's number."""
    return packed & 0x7FFFFFFF


@njit(cache=True, nogil=True, error_model="numpy")
def draw_mesh(
    vertices: F32, screen: F64, faces: I32, tags: I32, K: F64, top: int, left: int, rows: int, columns: int,
    window: I64, order: I32,
) -> None:  # fmt: skip
    """Draw a mesh into the window of `rows` x `columns` pixels that starts at row `top` and column `left`.

    `screen` (V, 3) is what `vertices` project to; a third value of 0 marks a vertex to clip away. Where surfaces are
    level the greatest of `tags` (F,), which are not negative, is kept. Whatever the window held is lost; 0 stays where
    no triangle is. `order` (F,) is working space.
    """
    for i in range(rows * stride_of(columns)):
        window[np.uint64(i)] = 0
    # What faces the eye comes first. Of a closed mesh it hides the rest, which then need not be filled.
    front, turned = 0, faces.shape[0]
    for f in range(faces.shape[0]):
        a, b, c = np.uint64(faces[f, 0]), np.uint64(faces[f, 1]), np.uint64(faces[f, 2])
        if screen[a, 2] > 0 and screen[b, 2] > 0 and screen[c, 2] > 0:
            u, v = screen[a, 0], screen[a, 1]
            across, down = (screen[b, 0] - u) * (screen[c, 1] - v), (screen[b, 1] - v) * (screen[c, 0] - u)
            order[np.uint64(front)] = f
            front += int(across < down)
            order[np.uint64(turned - 1)] = f
            turned -= int(across > down)
        elif screen[a, 2] > 0 or screen[b, 2] > 0 or screen[c, 2] > 0:
            _draw_clipped(vertices, faces[f, 0], faces[f, 1], faces[f, 2], K, tags[f], top, left, rows, columns, window)
    _draw_listed(order[:front], screen, faces, tags, top, left, rows, columns, window, False)
    _draw_listed(order[turned:], screen, faces, tags, top, left, rows, columns, window, True)


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_listed(
    listed: I32, screen: F64, faces: I32, tags: I32, top: int, left: int, rows: int, columns: int, window: I64,
    maybe_hidden: bool,
) -> None:  # fmt: skip
    values = np.empty(4 * LANES, np.float64)
    for n in range(len(listed)):
        f = np.uint64(listed[n])
        a, b, c = np.uint64(faces[f, 0]), np.uint64(faces[f, 1]), np.uint64(faces[f, 2])
        _draw(
            screen[a, 0] - left, screen[a, 1] - top, screen[a, 2], screen[b, 0] - left, screen[b, 1] - top,
            screen[b, 2], screen[c, 0] - left, screen[c, 1] - top, screen[c, 2], tags[f], rows, columns, window, values,
            maybe_hidden,
        )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_clipped(
    vertices: F32, a: int, b: int, c: int, K: F64, tag: int, top: int, left: int, rows: int, columns: int, window: I64
) -> None:
    """Draw a triangle that crosses the near plane."""
    corners = np.empty((4, 3), np.float64)
    count = _clip(vertices, a, b, c, K, corners)
    corners[:, 0] -= left
    corners[:, 1] -= top
    values = np.empty(4 * LANES, np.float64)
    for k in range(2, count):
        _draw(
            corners[0, 0], corners[0, 1], corners[0, 2], corners[k - 1, 0], corners[k - 1, 1], corners[k - 1, 2],
            corners[k, 0], corners[k, 1], corners[k, 2], tag, rows, columns, window, values, False,
        )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _draw(
    u0: float, v0: float, i0: float, u1: float, v1: float, i1: float, u2: float, v2: float, i2: float,
    tag: int, rows: int, columns: int, window: I64, values: F64, maybe_hidden: bool,
) -> None:  # fmt: skip
    """Draw a triangle in window coordinates; `maybe_hidden` ones are looked at before they are filled.

    `values` (4 * LANES,) is working space.
    """
    x_low, x_high = max(np.ceil(min(u0, u1, u2)), 0.0), min(np.floor(max(u0, u1, u2)), columns - 1.0)
    y_low, y_high = max(np.ceil(min(v0, v1, v2)), 0.0), min(np.floor(max(v0, v1, v2)), rows - 1.0)
    area = (u1 - u0) * (v2 - v0) - (v1 - v0) * (u2 - u0)
    nearest, farthest = max(i0, i1, i2), min(i0, i1, i2)
    stride, strips = stride_of(columns), (int(x_high - x_low) + LANES) // LANES
    start, height = int(y_low) * stride + int(x_low), int(y_high - y_low) + 1
    # Most triangles of a fine mesh fall between pixel centres.
    if (
        x_low <= x_high and y_low <= y_high and area != 0.0
        and not (maybe_hidden and _is_hidden(window, start, stride, strips, height, _packed(nearest, tag)))
    ):  # fmt: skip
        if area < 0.0:
            u1, v1, i1, u2, v2, i2, area = u2, v2, i2, u1, v1, i1, -area
        # Edge functions are positive inside; an edge that is neither top nor left loses the pixels right on it.
        half = 0.5 / (SNAP * SNAP)
        dx0, dy0, dx1, dy1, dx2, dy2 = u1 - u0, v1 - v0, u2 - u1, v2 - v1, u0 - u2, v0 - v2
        bias0 = 0.0 if (dy0 < 0) | ((dy0 == 0) & (dx0 > 0)) else half
        bias1 = 0.0 if (dy1 < 0) | ((dy1 == 0) & (dx1 > 0)) else half
        bias2 = 0.0 if (dy2 < 0) | ((dy2 == 0) & (dx2 > 0)) else half
        scale = 1.0 / area
        d1, d2 = (i1 - i0) * scale, (i2 - i0) * scale
        slope_x, slope_y = -(d1 * dy2 + d2 * dy0), d1 * dx2 + d2 * dx0
        for strip in range(strips):
            x, at = x_low + strip * LANES, start + strip * LANES
            first, end = 0, height
            if strips > 1:
                low, high = _strip_rows(
                    x, y_low, y_high, (u0, u1, u2), (v0, v1, v2), (dx0, dx1, dx2), (dy0, dy1, dy2)
                )  # fmt: skip
                first, end = int(low - y_low), int(high - y_low) + 1
            for step in range(first, end, LANES):
                y = y_low + step
                line_values(values, 0, dx0, y, v0, bias0)
                line_values(values, LANES, dx1, y, v1, bias1)
                line_values(values, 2 * LANES, dx2, y, v2, bias2)
                line_values(values, 3 * LANES, slope_y, y, v0, -i0)
                for k in range(min(end - step, LANES)):
                    row = np.uint64(k)
                    fill_block(
                        window, at + (step + k) * stride, tag,
                        (values[row], values[row + _ONE], values[row + _TWO]), (dy0, dy1, dy2),
                        (x - u0, x - u1, x - u2), (values[row + _THREE], slope_x, farthest, nearest),
                    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _strip_rows(x: float, y_low: float, y_high: float, u: Three, v: Three, dx: Three, dy: Three) -> tuple[float, float]:
    """First and last row in which a triangle may touch the `LANES` columns from `x` on: a row more at either end."""
    low, high, last = y_low, y_high, x + (LANES - 1)
    for k in range(3):
        # Where the edge passes the columns at the most generous of them; level edges are the box's.
        at = min(dy[k] * (x - u[k]), dy[k] * (last - u[k])) / dx[k] + v[k]
        low = max(low, at - 1 if dx[k] > 0 else low)
        high = min(high, at + 1 if dx[k] < 0 else high)
    # Far outside the picture `at` is beyond what a whole number holds.
    return min(low, y_high + 1), max(high, y_low - 1)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _is_hidden(window: I64, start: int, stride: int, strips: int, rows: int, number: np.int64) -> bool:
    """Whether every pixel of a box already shows something nearer than `number`."""
    hidden = True
    for strip in range(strips):
        step = 0
        while hidden and step < rows:
            hidden = block_hides(window, start + step * stride + strip * LANES, number)
            step += 1
    return hidden
