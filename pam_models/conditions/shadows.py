"""What stands between the scene and its light: maps of the nearest surface seen from the light and from the table.

Both are orthographic pictures of the whole mesh on a square grid. A clip has one window, so shadows do not flicker.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int
from numba import njit
from numpy.typing import NDArray

from pam_models.conditions.triangles import SNAP, draw_mesh, height_of, stride_of

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]

GRID = 160
_MARGIN_M = 0.03
_MARGIN_BLURS = 3.5
_CONTACT_REACH_M = 0.09
CONTACT_BLUR_M = 0.014


@dataclass(frozen=True)
class LightGrid:
    """Axes (rows: right, down, towards the light), the grid's corner and cell size in metres, and the depth offset."""

    axes: Float32[np.ndarray, "3 3"]
    origin: Float32[np.ndarray, "3"]
    cell_m: float


def light_grid(direction: Float[np.ndarray, "3"], vertices: Float[np.ndarray, "T V 3"], blur_m: float) -> LightGrid:
    """A grid seen along `direction` (towards the light), wide enough for every frame's vertices and blurred shadows."""
    towards = np.asarray(direction, np.float64) / np.linalg.norm(direction)
    helper = np.eye(3)[np.argmin(np.abs(towards))]
    right = np.cross(helper, towards)
    right /= np.linalg.norm(right)
    axes = np.stack([right, np.cross(towards, right), towards])
    seen = vertices.reshape(-1, 3) @ axes.T
    low, high = seen.min(0), seen.max(0)
    extent = float((high - low)[:2].max()) + 2 * (_MARGIN_M + _MARGIN_BLURS * blur_m)
    origin = (low + high) / 2 - extent / 2
    origin[2] = low[2] - 0.01
    return LightGrid(axes.astype(np.float32), origin.astype(np.float32), extent / GRID)


def nearest_to_light(
    vertices: Float32[np.ndarray, "V 3"], faces: Int[np.ndarray, "F 3"], grid: LightGrid
) -> Float32[np.ndarray, "G G"]:
    """Height towards the light (metres above the grid's origin) of the first surface that light meets; 0 = none."""
    closeness = np.zeros((GRID, GRID), np.float32)
    _draw_heights(vertices, faces, grid.axes, grid.origin, grid.cell_m, 0.0, closeness)
    return closeness


def table_heights(grid: LightGrid, normal: Float[np.ndarray, "3"], offset: float) -> Float32[np.ndarray, "G G"]:
    """Height towards the light of the table plane `normal . p = offset`, for each cell, above the grid's origin."""
    slope = grid.axes.astype(np.float64) @ np.asarray(normal, np.float64)
    cells = np.arange(GRID) * grid.cell_m
    x, y = cells[None, :] + grid.origin[0], cells[:, None] + grid.origin[1]
    heights = (offset - x * slope[0] - y * slope[1]) / slope[2] - grid.origin[2]
    return np.asarray(heights, np.float32)


def table_shadow(closeness: F32, grid: LightGrid, blur_m: float, heights: F32) -> F32:
    """Share of direct light that the table loses, per cell (G, G); what is higher casts a softer shadow."""
    covered = (closeness > 0).astype(np.float32)
    sigma = blur_m / grid.cell_m
    sharp, wide = _blurred(covered, 0.45 * sigma), _blurred(covered, 1.6 * sigma)
    lift = _blurred(np.maximum(closeness - heights, 0) * covered, 1.6 * sigma) / np.maximum(wide, 1e-3)
    share = np.clip((lift - 0.03) / 0.15, 0, 1)
    return np.asarray(sharp * (1 - share) + wide * share, np.float32)


def table_contact(vertices: F32, faces: I32, grid: LightGrid, table_m: float) -> F32:
    """Share of ambient light that the table loses under low things (G, G); `grid` looks straight up from the table."""
    closeness = np.zeros((GRID, GRID), np.float32)
    _draw_heights(vertices, faces, grid.axes, grid.origin, grid.cell_m, table_m + _CONTACT_REACH_M, closeness)
    near = np.minimum(closeness / np.float32(_CONTACT_REACH_M), np.float32(1))
    return _blurred(np.asarray(near * near, np.float32), CONTACT_BLUR_M / grid.cell_m)


def _blurred(picture: F32, sigma_cells: float) -> F32:
    """Nearly a Gaussian: three box blurs, whose cost does not grow with their width."""
    width = 2 * int(np.sqrt(4 * sigma_cells**2 + 1) / 2) + 1
    once = cv2.blur(picture, (width, width))
    return np.asarray(cv2.blur(cv2.blur(once, (width, width)), (width, width)), np.float32)


@njit(cache=True, nogil=True)
def _draw_heights(
    vertices: F32, faces: I32, axes: F32, origin: F32, cell_m: float, below: float, closeness: F32
) -> None:
    """Draw heights along the third axis, the highest winning; with `below` > 0 depths under it, the lowest winning."""
    screen = np.empty((vertices.shape[0], 3), np.float64)
    for i in range(vertices.shape[0]):
        for k in range(3):
            value = axes[k, 0] * vertices[i, 0] + axes[k, 1] * vertices[i, 1] + axes[k, 2] * vertices[i, 2]
            screen[i, k] = value - origin[k]
        screen[i, 0] = np.rint(screen[i, 0] / cell_m * SNAP) / SNAP
        screen[i, 1] = np.rint(screen[i, 1] / cell_m * SNAP) / SNAP
        if below > 0:
            # Never 0, which would mark a vertex before the near plane.
            screen[i, 2] = max(below - screen[i, 2], 1e-6)
    height, width = closeness.shape
    unused_K = np.eye(3)
    stride = stride_of(width)
    window = np.empty(height * stride, np.int64)
    unused_tags, order = np.zeros(faces.shape[0], np.int32), np.empty(faces.shape[0], np.int32)
    draw_mesh(vertices, screen, faces, unused_tags, unused_K, 0, 0, height, width, window, order)
    for y in range(height):
        for x in range(width):
            closeness[y, x] = height_of(window[y * stride + x])


@njit(cache=True, nogil=True)
def sample_grid(picture: F32, x: float, y: float) -> float:
    """Bilinear value at cell coordinates (x right, y down); 0 outside."""
    column, row = int(np.floor(x)), int(np.floor(y))
    if column < 0 or row < 0 or column + 1 >= picture.shape[1] or row + 1 >= picture.shape[0]:
        return 0.0
    fx, fy = x - column, y - row
    top = picture[row, column] * (1 - fx) + picture[row, column + 1] * fx
    bottom = picture[row + 1, column] * (1 - fx) + picture[row + 1, column + 1] * fx
    return float(top * (1 - fy) + bottom * fy)


@njit(cache=True, nogil=True)
def shaded_share(closeness: F32, x: float, y: float, height: float) -> float:
    """Tent-weighted share of the 4 x 4 cells around (x, y) whose surface is nearer to the light than `height`."""
    column, row = int(np.floor(x)) - 1, int(np.floor(y)) - 1
    if column < 0 or row < 0 or column + 3 >= closeness.shape[1] or row + 3 >= closeness.shape[0]:
        return 0.0
    lost = 0.0
    for j in range(4):
        weight_y = 2.0 - abs(y - (row + j))
        if weight_y <= 0:
            continue
        for i in range(4):
            weight_x = 2.0 - abs(x - (column + i))
            above = (closeness[row + j, column + i] - height - 0.002) / 0.005
            if weight_x > 0 and above > 0:
                lost += weight_x * weight_y * min(above, 1.0)
    return lost / 16.0
