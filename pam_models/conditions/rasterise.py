"""A z-buffer rasteriser: which triangle each pixel sees, and how far away it is.

Rules. A pixel (u, v) is sampled at its centre, which is the integer point (u, v). A pixel centre on a shared edge
belongs to exactly one triangle (top-left rule; exact, because projected vertices are snapped to 2^-16 px). Depth is the
z of the surface point, perspective-correct. Both sides of a triangle are drawn and the nearest surface wins, equal
depths go to the lower face index. Triangles that cross the near plane are clipped at it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int, Int32, UInt8
from numba import njit
from numpy.typing import NDArray

from pam_models.conditions.triangles import NEAR_M, draw_mesh, height_of, stride_of, tag_of, to_screen, touched_box
from pam_models.frame_threads import over_frames

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
U8 = NDArray[np.uint8]

_PIXELS_A_THREAD = 2**19
# A tag holds a label and which face it is, in 31 bits.
_LABEL_BITS = 8
_MOST_LABELLED_FACES = 2 ** (31 - _LABEL_BITS)


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
    vertices, triangles = _checked(vertices_cam, faces)
    depth = np.empty((len(vertices), height, width), np.float32)
    face_id = np.empty((len(vertices), height, width), np.int32)
    matrix = np.asarray(K, np.float64)

    def draw(first: int, end: int) -> None:
        _rasterise_frames(vertices[first:end], triangles, matrix, depth[first:end], face_id[first:end])

    over_frames(draw, len(vertices), _PIXELS_A_THREAD // (height * width))
    return ZBuffer(depth, face_id)


def rasterise_labels(
    vertices_cam: Float[np.ndarray, "T V 3"],
    faces: Int[np.ndarray, "F 3"],
    face_labels: UInt8[np.ndarray, " F"],
    K: Float[np.ndarray, "3 3"],
    depth_m: Float32[np.ndarray, "T H W"],
    labels: UInt8[np.ndarray, "T H W"],
) -> None:
    """Depth and segmentation of T frames, into buffers of the caller's, whose former content is lost.

    Label 0 is the background. Raises ValueError as `rasterise` does, where the buffers or labels misfit, and on a mesh
    of more than 2^23 faces.
    """
    vertices, triangles = _checked(vertices_cam, faces)
    of_face = np.ascontiguousarray(face_labels, np.int32)
    if of_face.shape != (len(triangles),) or depth_m.shape != labels.shape or len(labels) != len(vertices):
        raise ValueError(
            f"rasterise wants a label for each of {len(triangles)} faces and buffers of {len(vertices)} frames, "
            f"got labels {of_face.shape} and buffers {depth_m.shape}, {labels.shape}"
        )
    if len(triangles) > _MOST_LABELLED_FACES:
        raise ValueError(f"rasterise labels at most {_MOST_LABELLED_FACES} faces, got {len(triangles)}")
    matrix = np.asarray(K, np.float64)

    def draw(first: int, end: int) -> None:
        _label_frames(vertices[first:end], triangles, of_face, matrix, depth_m[first:end], labels[first:end])

    over_frames(draw, len(vertices), _PIXELS_A_THREAD // max(depth_m[:1].size, 1))


def _checked(vertices_cam: Float[np.ndarray, "T V 3"], faces: Int[np.ndarray, "F 3"]) -> tuple[F32, I32]:
    """The mesh as the kernels take it. Raises ValueError on shapes or indices that misfit."""
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
    return vertices, triangles


def rasterise_into(
    vertices_cam: Float32[np.ndarray, "V 3"],
    faces: Int32[np.ndarray, "F 3"],
    K: Float[np.ndarray, "3 3"],
    depth_m: Float32[np.ndarray, "H W"],
    face_id: Int32[np.ndarray, "H W"],
) -> None:
    """One frame into buffers of the caller's, whose former content is lost. Trusts its arguments."""
    _rasterise_frames(vertices_cam[None], faces, np.asarray(K, np.float64), depth_m[None], face_id[None])


@njit(cache=True, nogil=True, error_model="numpy")
def _rasterise_frames(vertices: F32, faces: I32, K: F64, depth: F32, face_id: I32) -> None:
    """Write all pixels of `depth` and `face_id`."""
    height, width = depth.shape[1], depth.shape[2]
    screen = np.empty((vertices.shape[1], 3), np.float64)
    # Of surfaces that are level the lower face is seen, and the greater tag.
    tags, order = (faces.shape[0] - 1 - np.arange(faces.shape[0])).astype(np.int32), np.empty(faces.shape[0], np.int32)
    window = np.empty(height * stride_of(width), np.int64)
    for t in range(vertices.shape[0]):
        top, left, rows, columns = _draw_frame(vertices[t], faces, tags, K, height, width, screen, order, window)
        _clear_around(depth[t], 0, top, left, rows, columns)
        _clear_around(face_id[t], -1, top, left, rows, columns)
        for y in range(rows):
            row = window[y * stride_of(columns) : y * stride_of(columns) + columns]
            near, ids = depth[t, top + y, left : left + columns], face_id[t, top + y, left : left + columns]
            _write_depth(row, near)
            for x in range(columns):
                ids[x] = faces.shape[0] - 1 - tag_of(row[x]) if row[x] > 0 else -1


@njit(cache=True, nogil=True, error_model="numpy")
def _label_frames(vertices: F32, faces: I32, face_labels: I32, K: F64, depth: F32, labels: U8) -> None:
    """Write all pixels of `depth` and `labels`."""
    height, width = depth.shape[1], depth.shape[2]
    screen = np.empty((vertices.shape[1], 3), np.float64)
    tags, order = np.empty(faces.shape[0], np.int32), np.empty(faces.shape[0], np.int32)
    for f in range(faces.shape[0]):
        tags[f] = ((faces.shape[0] - 1 - f) << _LABEL_BITS) | face_labels[f]
    window = np.empty(height * stride_of(width), np.int64)
    for t in range(vertices.shape[0]):
        top, left, rows, columns = _draw_frame(vertices[t], faces, tags, K, height, width, screen, order, window)
        _clear_around(depth[t], 0, top, left, rows, columns)
        _clear_around(labels[t], 0, top, left, rows, columns)
        for y in range(rows):
            row = window[y * stride_of(columns) : y * stride_of(columns) + columns]
            near, seen = depth[t, top + y, left : left + columns], labels[t, top + y, left : left + columns]
            _write_depth(row, near)
            for x in range(columns):
                seen[x] = np.uint8(row[x] & 0xFF)


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_frame(
    vertices: F32, faces: I32, tags: I32, K: F64, height: int, width: int, screen: F64, order: I32, window: I64
) -> tuple[int, int, int, int]:
    """Draw one frame into the window; returns its first row and column, and how many of each.

    A window of just the touched pixels, depth and face side by side, stays in the cache.
    """
    _project(vertices, K, screen)
    top, bottom, left, right = touched_box(screen, height, width)
    rows, columns = max(bottom - top + 1, 0), max(right - left + 1, 0)
    if rows == 0 or columns == 0:
        return 0, 0, 0, 0
    draw_mesh(vertices, screen, faces, tags, K, top, left, rows, columns, window, order)
    return top, left, rows, columns


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _write_depth(row: I64, depth: F32) -> None:
    for x in range(len(row)):
        # Divided before it is looked at, which can be done for many pixels at a time.
        away = np.float32(1.0) / height_of(row[x])
        depth[x] = away if row[x] > 0 else np.float32(0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _clear_around(picture: F32, nothing: int, top: int, left: int, rows: int, columns: int) -> None:
    """Set the pixels outside the window."""
    picture[:top] = nothing
    picture[top + rows :] = nothing
    for y in range(top, top + rows):
        picture[y, :left] = nothing
        picture[y, left + columns :] = nothing


@njit(cache=True, nogil=True, error_model="numpy")
def _project(vertices: F32, K: F64, screen: F64) -> None:
    """Vertices (V, 3) to (u px, v px, 1 / z); 1 / z = 0 marks a vertex that lies before the near plane."""
    for i in range(vertices.shape[0]):
        if vertices[i, 2] >= NEAR_M:
            to_screen(np.float64(vertices[i, 0]), np.float64(vertices[i, 1]), np.float64(vertices[i, 2]), K, screen, i)
        else:
            screen[i, 2] = 0.0
