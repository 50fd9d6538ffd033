"""Normals of triangle meshes, and where on a face each pixel of a z-buffer lies."""

import numpy as np
from jaxtyping import Float, Float32, Int
from numba import njit
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

CREASE_DEG = 40.0


def vertex_normals(vertices: Float[np.ndarray, "T V 3"], faces: Int[np.ndarray, "F 3"]) -> Float32[np.ndarray, "T V 3"]:
    """Unit normals, area-weighted over a vertex's faces, outward for counter-clockwise faces; zero where unused."""
    normals = np.zeros(np.shape(vertices), np.float32)
    _vertex_normals(np.ascontiguousarray(vertices, np.float32), np.ascontiguousarray(faces, np.int32), normals)
    return normals


def corner_normals(vertices: Float[np.ndarray, "V 3"], faces: Int[np.ndarray, "F 3"]) -> Float32[np.ndarray, "F 3 3"]:
    """Unit normals of each corner of each face, smooth except across creases of over 40 degrees: a box keeps its edges.

    A corner averages, area-weighted, the faces at its vertex whose normals lie within the crease angle of its own face.
    """
    points = np.asarray(vertices, np.float64)
    triangles = np.ascontiguousarray(faces, np.int32)
    corner = points[triangles]
    areas = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    order = np.argsort(triangles.ravel(), kind="stable")
    starts = np.searchsorted(triangles.ravel()[order], np.arange(len(points) + 1))
    normals = np.zeros((len(triangles), 3, 3), np.float32)
    _corner_normals(areas, triangles, order // 3, starts, np.cos(np.radians(CREASE_DEG)), normals)
    return normals


@njit(cache=True, nogil=True)
def _vertex_normals(vertices: F32, faces: I32, normals: F32) -> None:
    for t in range(vertices.shape[0]):
        for f in range(faces.shape[0]):
            a, b, c = vertices[t, faces[f, 0]], vertices[t, faces[f, 1]], vertices[t, faces[f, 2]]
            x1, y1, z1 = b[0] - a[0], b[1] - a[1], b[2] - a[2]
            x2, y2, z2 = c[0] - a[0], c[1] - a[1], c[2] - a[2]
            nx, ny, nz = y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2
            for k in range(3):
                normals[t, faces[f, k], 0] += nx
                normals[t, faces[f, k], 1] += ny
                normals[t, faces[f, k], 2] += nz
        for i in range(vertices.shape[1]):
            n = normals[t, i]
            length = np.sqrt(n[0] * n[0] + n[1] * n[1] + n[2] * n[2])
            if length > 0:
                n /= length


@njit(cache=True, nogil=True)
def _corner_normals(areas: F64, faces: I32, incident: I64, starts: I64, crease: float, normals: F32) -> None:
    for f in range(faces.shape[0]):
        own = areas[f]
        own_length = np.sqrt(np.sum(own * own))
        for k in range(3):
            total = own.copy()
            for i in range(starts[faces[f, k]], starts[faces[f, k] + 1]):
                other = areas[incident[i]]
                if incident[i] != f and np.sum(own * other) >= crease * own_length * np.sqrt(np.sum(other * other)):
                    total += other
            length = np.sqrt(np.sum(total * total))
            if length > 0:
                normals[f, k] = (total / length).astype(np.float32)


@njit(cache=True, nogil=True)
def barycentrics(vertices: F32, a: int, b: int, c: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """Weights of the vertices a, b, c at the point (x, y, z) of their plane, clamped into the triangle."""
    abx, aby, abz = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
    acx, acy, acz = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
    px, py, pz = x - vertices[a, 0], y - vertices[a, 1], z - vertices[a, 2]
    bb = abx * abx + aby * aby + abz * abz
    bc = abx * acx + aby * acy + abz * acz
    cc = acx * acx + acy * acy + acz * acz
    pb = px * abx + py * aby + pz * abz
    pc = px * acx + py * acy + pz * acz
    scale = bb * cc - bc * bc
    if scale <= 0:
        return 1.0, 0.0, 0.0
    wb = min(max((cc * pb - bc * pc) / scale, 0.0), 1.0)
    wc = min(max((bb * pc - bc * pb) / scale, 0.0), 1.0 - wb)
    return 1.0 - wb - wc, wb, wc
