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

from pam_models.conditions.triangles import (
    NEAR_M,
    face_of,
    fill_triangles,
    gather_triangles,
    height_of,
    to_screen,
    touched_box,
)

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]


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
    # Clipping at the near plane makes up to two triangles of one.
    corners = np.empty((2 * faces.shape[0], 9), np.float64)
    owners = np.empty(2 * faces.shape[0], np.int64)
    pixels = np.empty(depth.shape[1] * depth.shape[2], np.int64)
    for t in range(vertices.shape[0]):
        _project(vertices[t], K, screen)
        count = gather_triangles(vertices[t], screen, faces, K, depth.shape[1], depth.shape[2], corners, owners)
        top, bottom, left, right = touched_box(corners, count, depth.shape[1], depth.shape[2])
        if top > bottom or left > right:
            continue
        # A window of just the touched pixels, depth and face side by side, stays in the cache.
        window = pixels[: (bottom - top + 1) * (right - left + 1)].reshape(bottom - top + 1, right - left + 1)
        fill_triangles(corners, owners, count, top, left, window)
        for y in range(window.shape[0]):
            for x in range(window.shape[1]):
                if window[y, x] > 0:
                    depth[t, top + y, left + x] = np.float32(1.0) / height_of(window[y, x])
                    face_id[t, top + y, left + x] = face_of(window[y, x])


@njit(cache=True, nogil=True)
def _project(vertices: F32, K: F64, screen: F64) -> None:
    """Vertices (V, 3) to (u px, v px, 1 / z); 1 / z = 0 marks a vertex that lies before the near plane."""
    for i in range(vertices.shape[0]):
        if vertices[i, 2] >= NEAR_M:
            to_screen(np.float64(vertices[i, 0]), np.float64(vertices[i, 1]), np.float64(vertices[i, 2]), K, screen, i)
        else:
            screen[i, 2] = 0.0
