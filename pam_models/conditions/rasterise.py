"""A z-buffer rasteriser: which triangle each pixel sees, and how far away it is.

Rules. A pixel (u, v) is sampled at its centre, which is the integer point (u, v). A pixel centre on a shared edge
belongs to exactly one triangle (top-left rule; exact, because projected vertices are snapped to 2^-16 px). Depth is the
z of the surface point, perspective-correct. Both sides of a triangle are drawn and the nearest surface wins, equal
depths go to the lower face index. Triangles that cross the near plane are clipped at it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int, Int32
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

NEAR_M = 1e-3
_SNAP = 65536.0


@dataclass(frozen=True)
class ZBuffer:
    """Depth along the camera axis (metres, 0 = nothing) and the index of the face seen (-1 = nothing)."""

    depth_m: Float32[np.ndarray, "*frames H W"]
    face_id: Int32[np.ndarray, "*frames H W"]


def rasterise(
    vertices_cam: Float[np.ndarray, "V 3"],
    faces: Int[np.ndarray, "F 3"],
    K: Float[np.ndarray, "3 3"],
    height: int,
    width: int,
) -> ZBuffer:
    """One frame: `vertices_cam` (V, 3), metres, camera axes. Raises ValueError on shapes or indices that misfit."""
    frames = rasterise_frames(np.asarray(vertices_cam)[None], faces, K, height, width)
    return ZBuffer(frames.depth_m[0], frames.face_id[0])


def rasterise_frames(
    vertices_cam: Float[np.ndarray, "T V 3"],
    faces: Int[np.ndarray, "F 3"],
    K: Float[np.ndarray, "3 3"],
    height: int,
    width: int,
) -> ZBuffer:
    """T frames of a moving mesh: (T, H, W) depth and face index. Raises ValueError as `rasterise` does."""
    vertices = np.ascontiguousarray(vertices_cam, np.float32)
    triangles = np.ascontiguousarray(faces, np.int32)
    if vertices.ndim != 3 or vertices.shape[2] != 3:
        raise ValueError(f"rasterise wants vertices (T, V, 3), got {vertices.shape}")
    if triangles.ndim != 2 or triangles.shape[1] != 3:
        raise ValueError(f"rasterise wants faces (F, 3), got {triangles.shape}")
    if triangles.size and not 0 <= triangles.min() <= triangles.max() < vertices.shape[1]:
        raise ValueError(
            f"rasterise: faces name vertices {triangles.min()}..{triangles.max()}, the mesh has {vertices.shape[1]}"
        )
    depth = np.zeros((len(vertices), height, width), np.float32)
    face_id = np.full((len(vertices), height, width), -1, np.int32)
    _rasterise_frames(vertices, triangles, np.asarray(K, np.float64), depth, face_id)
    return ZBuffer(depth, face_id)


def rasterise_into(
    vertices_cam: Float32[np.ndarray, "V 3"],
    faces: Int32[np.ndarray, "F 3"],
    K: Float[np.ndarray, "3 3"],
    depth_m: Float32[np.ndarray, "H W"],
    face_id: Int32[np.ndarray, "H W"],
) -> None:
    """One frame into buffers of the caller's, whose former content is lost. Trusts its arguments."""
    depth_m.fill(0)
    face_id.fill(-1)
    _rasterise_frames(vertices_cam[None], faces, np.asarray(K, np.float64), depth_m[None], face_id[None])


@njit(cache=True, nogil=True)
def _rasterise_frames(vertices: F32, faces: I32, K: F64, depth: F32, face_id: I32) -> None:
    """Fill `depth` (zeros) and `face_id` (-1) for all frames."""
    screen = np.empty((vertices.shape[1], 3), np.float64)
    clipped = np.empty((4, 3), np.float64)
    box = np.empty(4, np.int64)
    for t in range(vertices.shape[0]):
        _project(vertices[t], K, screen)
        box[0], box[1] = depth.shape[2], -1
        box[2], box[3] = depth.shape[1], -1
        frame_depth, frame_face = depth[t], face_id[t]
        for f in range(faces.shape[0]):
            a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
            in_front = (screen[a, 2] > 0) + (screen[b, 2] > 0) + (screen[c, 2] > 0)
            if in_front == 3:
                fill_triangle(screen, a, b, c, f, frame_depth, frame_face, box)
            elif in_front > 0:
                corners = _clip(vertices[t], a, b, c, K, clipped)
                for k in range(2, corners):
                    fill_triangle(clipped, 0, k - 1, k, f, frame_depth, frame_face, box)
        for y in range(box[2], box[3] + 1):
            for x in range(box[0], box[1] + 1):
                if depth[t, y, x] > 0:
                    depth[t, y, x] = np.float32(1.0) / depth[t, y, x]


@njit(cache=True, nogil=True, inline="always")
def _to_screen(x: float, y: float, z: float, K: F64, out: F64, i: int) -> None:
    """(u px, v px, 1 / z), u and v on the 2^-16 grid."""
    inverse = 1.0 / z
    out[i, 0] = np.rint(((K[0, 0] * x + K[0, 1] * y) * inverse + K[0, 2]) * _SNAP) / _SNAP
    out[i, 1] = np.rint((K[1, 1] * y * inverse + K[1, 2]) * _SNAP) / _SNAP
    out[i, 2] = inverse


@njit(cache=True, nogil=True)
def _project(vertices: F32, K: F64, screen: F64) -> None:
    """Vertices (V, 3) to (u px, v px, 1 / z); 1 / z = 0 marks a vertex that lies before the near plane."""
    for i in range(vertices.shape[0]):
        if vertices[i, 2] >= NEAR_M:
            _to_screen(np.float64(vertices[i, 0]), np.float64(vertices[i, 1]), np.float64(vertices[i, 2]), K, screen, i)
        else:
            screen[i, 2] = 0.0


@njit(cache=True, nogil=True)
def _clip(vertices: F32, a: int, b: int, c: int, K: F64, out: F64) -> int:
    """The part of a triangle beyond the near plane, as a screen polygon of 3 or 4 corners; returns their number."""
    corners = (a, b, c)
    count = 0
    for k in range(3):
        p, q = vertices[corners[k]], vertices[corners[(k + 1) % 3]]
        if p[2] >= NEAR_M:
            _to_screen(np.float64(p[0]), np.float64(p[1]), np.float64(p[2]), K, out, count)
            count += 1
        if (p[2] >= NEAR_M) != (q[2] >= NEAR_M):
            s = (NEAR_M - np.float64(p[2])) / (np.float64(q[2]) - np.float64(p[2]))
            _to_screen(p[0] + s * (q[0] - p[0]), p[1] + s * (q[1] - p[1]), NEAR_M, K, out, count)
            count += 1
    return count


@njit(cache=True, nogil=True)
def fill_triangle(screen: F64, a: int, b: int, c: int, face: int, inverse_depth: F32, face_id: I32, box: I64) -> None:
    """Draw one triangle into the buffers, which hold 1 / z until the frame ends; `box` grows to cover it.

    `screen` (N, 3) holds (u px, v px, 1 / z); any positive height that grows towards the eye may stand for 1 / z.
    """
    u0, v0, u1, v1, u2, v2 = screen[a, 0], screen[a, 1], screen[b, 0], screen[b, 1], screen[c, 0], screen[c, 1]
    i0, i1, i2 = screen[a, 2], screen[b, 2], screen[c, 2]
    area = (u1 - u0) * (v2 - v0) - (v1 - v0) * (u2 - u0)
    if area == 0.0:
        return
    if area < 0.0:
        u1, v1, i1, u2, v2, i2, area = u2, v2, i2, u1, v1, i1, -area
    x_low = max(np.ceil(min(u0, u1, u2)), 0.0)
    x_high = min(np.floor(max(u0, u1, u2)), np.float64(inverse_depth.shape[1] - 1))
    y_low = max(np.ceil(min(v0, v1, v2)), 0.0)
    y_high = min(np.floor(max(v0, v1, v2)), np.float64(inverse_depth.shape[0] - 1))
    if x_low > x_high or y_low > y_high:
        return
    left, right, top, bottom = int(x_low), int(x_high), int(y_low), int(y_high)
    box[0], box[1] = min(box[0], left), max(box[1], right)
    box[2], box[3] = min(box[2], top), max(box[3], bottom)

    # Edge functions are positive inside; an edge that is neither top nor left loses the pixels that lie exactly on it.
    dx0, dy0, dx1, dy1, dx2, dy2 = u1 - u0, v1 - v0, u2 - u1, v2 - v1, u0 - u2, v0 - v2
    half = 0.5 / (_SNAP * _SNAP)
    bias0 = 0.0 if dy0 < 0 or (dy0 == 0 and dx0 > 0) else half
    bias1 = 0.0 if dy1 < 0 or (dy1 == 0 and dx1 > 0) else half
    bias2 = 0.0 if dy2 < 0 or (dy2 == 0 and dx2 > 0) else half

    d1, d2 = i1 - i0, i2 - i0
    slope_x = (d1 * (v2 - v0) - d2 * (v1 - v0)) / area
    slope_y = (d2 * (u1 - u0) - d1 * (u2 - u0)) / area
    nearest, farthest = max(i0, i1, i2), min(i0, i1, i2)
    for y in range(top, bottom + 1):
        row = i0 + slope_y * (y - v0)
        edge0, edge1, edge2 = dx0 * (y - v0), dx1 * (y - v1), dx2 * (y - v2)
        for x in range(left, right + 1):
            if edge0 - dy0 * (x - u0) >= bias0 and edge1 - dy1 * (x - u1) >= bias1 and edge2 - dy2 * (x - u2) >= bias2:
                # Slivers extrapolate their plane badly: no pixel lies outside the range of its corners.
                value = np.float32(min(max(row + slope_x * (x - u0), farthest), nearest))
                if value > inverse_depth[y, x]:
                    inverse_depth[y, x] = value
                    face_id[y, x] = face
