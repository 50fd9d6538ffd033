"""Closed triangle meshes and the convex parts that fill them, for building procedural objects."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import pi

import numpy as np
from jaxtyping import Float, Float32, Int32

ROUND_SEGMENTS = 32

Vector = Sequence[float]


@dataclass(frozen=True)
class ConvexPart:
    """One convex collision part in the object's frame.

    `kind` is MuJoCo's geom type; `size` is MuJoCo's (half extents, radius + half height, ...); `quat` is wxyz.
    A "mesh" part is the convex hull of `points_m` and ignores size and placement.
    """

    kind: str
    size: tuple[float, ...] = ()
    pos: tuple[float, float, float] = (0.0, 0.0, 0.0)
    quat: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)
    points_m: tuple[tuple[float, float, float], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class TriangleMesh:
    """Vertices in metres and outward counter-clockwise faces."""

    vertices_m: Float32[np.ndarray, "V 3"]
    faces: Int32[np.ndarray, "F 3"]


def merge(meshes: Sequence[TriangleMesh]) -> TriangleMesh:
    """Put closed components side by side in one mesh; they may overlap."""
    offsets = np.cumsum([0] + [len(mesh.vertices_m) for mesh in meshes[:-1]])
    vertices = np.concatenate([mesh.vertices_m for mesh in meshes])
    faces = np.concatenate([mesh.faces + offset for mesh, offset in zip(meshes, offsets, strict=True)])
    return TriangleMesh(vertices.astype(np.float32), faces.astype(np.int32))


def moved(mesh: TriangleMesh, shift: Float[np.ndarray, "3"]) -> TriangleMesh:
    """Translate a mesh."""
    return TriangleMesh((mesh.vertices_m + shift).astype(np.float32), mesh.faces)


def box_mesh(half: Vector, centre: Vector = (0.0, 0.0, 0.0), cells: int = 3) -> TriangleMesh:
    """A box whose sides are `cells` x `cells` grids, so that shading and distances have vertices to work with."""
    line = np.linspace(-1.0, 1.0, cells + 1)
    meshes = []
    for axis in range(3):
        for sign in (-1.0, 1.0):
            first, second = (axis + 1) % 3, (axis + 2) % 3
            grid = np.zeros((cells + 1, cells + 1, 3))
            grid[..., axis] = sign
            grid[..., first] = line[:, None]
            grid[..., second] = line[None, :]
            vertices = grid.reshape(-1, 3) * np.asarray(half) + np.asarray(centre)
            faces = _grid_faces(cells + 1, cells + 1)
            meshes.append(TriangleMesh(vertices.astype(np.float32), faces if sign > 0 else faces[:, ::-1]))
    return _welded(merge(meshes))


def lathe_mesh(profile: Sequence[tuple[float, float]], segments: int = ROUND_SEGMENTS) -> TriangleMesh:
    """Turn a profile of (radius, z) about the z axis; it starts and ends on the axis and runs with the solid on its
    left when seen with the radius to the right and z up (bottom centre, outwards, up, back to the axis).
    """
    angles = np.linspace(0.0, 2 * pi, segments, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    inner = np.asarray(profile[1:-1])
    vertices = np.concatenate(
        [inner[:, None, :1] * ring[None], np.broadcast_to(inner[:, None, 1:], (len(inner), segments, 1))], 2
    )
    flat = vertices.reshape(-1, 3)
    first, last = len(flat), len(flat) + 1
    flat = np.concatenate([flat, [[0.0, 0.0, profile[0][1]], [0.0, 0.0, profile[-1][1]]]])
    here = np.arange(segments)
    following = (here + 1) % segments
    faces = [np.stack([np.full(segments, first), following, here], 1)]
    for row in range(len(inner) - 1):
        low, high = row * segments, (row + 1) * segments
        faces.append(np.stack([low + here, low + following, high + following], 1))
        faces.append(np.stack([low + here, high + following, high + here], 1))
    top = (len(inner) - 1) * segments
    faces.append(np.stack([np.full(segments, last), top + here, top + following], 1))
    return TriangleMesh(flat.astype(np.float32), np.concatenate(faces).astype(np.int32))


def tube_mesh(path_m: Float[np.ndarray, "N 3"], radius_m: float, side: Vector, segments: int = 10) -> TriangleMesh:
    """A closed tube along a planar path; `side` is the path plane's normal."""
    tangents = np.gradient(path_m, axis=0)
    tangents /= np.linalg.norm(tangents, axis=1, keepdims=True)
    across = np.broadcast_to(np.asarray(side, dtype=float), tangents.shape)
    up = np.cross(tangents, across)
    angles = np.linspace(0.0, 2 * pi, segments, endpoint=False)
    rings = path_m[:, None] + radius_m * (
        np.cos(angles)[None, :, None] * across[:, None] + np.sin(angles)[None, :, None] * up[:, None]
    )
    vertices = np.concatenate([rings.reshape(-1, 3), path_m[:1], path_m[-1:]])
    here = np.arange(segments)
    following = (here + 1) % segments
    start, end = len(vertices) - 2, len(vertices) - 1
    faces = [np.stack([np.full(segments, start), following, here], 1)]
    for row in range(len(path_m) - 1):
        low, high = row * segments, (row + 1) * segments
        faces.append(np.stack([low + here, low + following, high + following], 1))
        faces.append(np.stack([low + here, high + following, high + here], 1))
    top = (len(path_m) - 1) * segments
    faces.append(np.stack([np.full(segments, end), top + here, top + following], 1))
    return TriangleMesh(vertices.astype(np.float32), np.concatenate(faces).astype(np.int32))


def capsule_between(start: Float[np.ndarray, "3"], end: Float[np.ndarray, "3"], radius_m: float) -> ConvexPart:
    """The capsule with its sphere centres at two points."""
    middle = (start + end) / 2
    length = float(np.linalg.norm(end - start))
    return ConvexPart("capsule", (radius_m, length / 2), _triple(middle), quat_z_to((end - start) / length))


def hull_part(points_m: Float[np.ndarray, "N 3"]) -> ConvexPart:
    """The convex hull of points."""
    return ConvexPart("mesh", points_m=tuple(_triple(point) for point in points_m))


def quat_z_to(direction: Float[np.ndarray, "3"]) -> tuple[float, float, float, float]:
    """The shortest rotation (wxyz) that takes +z to a unit direction."""
    if direction[2] < -0.999999:
        return (0.0, 1.0, 0.0, 0.0)
    quat = np.array([1.0 + direction[2], -direction[1], direction[0], 0.0])
    quat /= np.linalg.norm(quat)
    return (float(quat[0]), float(quat[1]), float(quat[2]), float(quat[3]))


def mesh_volume_m3(mesh: TriangleMesh) -> float:
    """Signed volume by the divergence theorem; positive for outward faces."""
    a, b, c = (mesh.vertices_m[mesh.faces[:, i]].astype(np.float64) for i in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def _triple(point: Float[np.ndarray, "3"]) -> tuple[float, float, float]:
    return (float(point[0]), float(point[1]), float(point[2]))


def _grid_faces(rows: int, columns: int) -> Int32[np.ndarray, "F 3"]:
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]))
    return np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]).astype(np.int32)


def _welded(mesh: TriangleMesh) -> TriangleMesh:
    rounded = np.round(mesh.vertices_m, 7)
    unique, inverse = np.unique(rounded, axis=0, return_inverse=True)
    return TriangleMesh(unique.astype(np.float32), inverse.reshape(-1)[mesh.faces].astype(np.int32))
