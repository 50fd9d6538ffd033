"""Triangles out of OBJ, PLY, GLB and STL files, in the file's own units and axes."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from jaxtyping import Float64, Int32

from pam_models.pose.object_file import open_edges, parse_obj
from pam_models.pose.source import BadInput

MESH_SUFFIXES = (".glb", ".obj", ".ply", ".stl")
MOST_FACES = 300_000


@dataclass(frozen=True)
class FileMesh:
    """What a file holds after equal vertices were joined and empty triangles left out: F triangles, facing out."""

    vertices: Float64[np.ndarray, "V 3"]
    faces: Int32[np.ndarray, "F 3"]
    turned: bool

    @property
    def open_edges(self) -> int:
        """Edges without exactly two triangles: 0 for a watertight mesh."""
        return open_edges(self.faces)


def read_mesh_file(path: Path) -> FileMesh:
    """Read one file. A scene's parts are put together where the file places them; materials are ignored.

    Raises BadInput for a file that is missing, damaged, empty, not finite, or has more than 300 000 triangles.
    """
    vertices, faces = parse_obj(path) if path.suffix.lower() == ".obj" else _by_trimesh(path)
    if len(vertices) == 0 or len(faces) == 0:
        raise BadInput(f"{path}: the mesh is empty ({len(vertices)} vertices, {len(faces)} triangles)")
    if faces.min() < 0 or faces.max() >= len(vertices):
        raise BadInput(f"{path}: a triangle names a vertex that is not among the file's {len(vertices)}")
    if len(faces) > MOST_FACES:
        raise BadInput(f"{path}: has {len(faces)} triangles; simplify it to at most {MOST_FACES}")
    if not np.isfinite(vertices[np.unique(faces)]).all():
        raise BadInput(f"{path}: has vertices that are not finite (NaN or infinite)")
    vertices, faces = _joined(vertices, faces)
    if len(faces) == 0:
        raise BadInput(f"{path}: the mesh is empty: none of its triangles has an area")
    faces, turned = _outward(vertices, faces)
    return FileMesh(vertices, faces, turned)


def _by_trimesh(path: Path) -> tuple[Float64[np.ndarray, "V 3"], Int32[np.ndarray, "F 3"]]:
    try:
        # Out of memory, so that a file cannot have others read.
        scene = trimesh.load_scene(io.BytesIO(path.read_bytes()), file_type=path.suffix.lower()[1:], process=False)
        whole = scene.to_mesh()
        return np.asarray(whole.vertices, np.float64), np.asarray(whole.faces, np.int32).reshape(-1, 3)
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror})") from error
    except Exception as error:
        # The readers of four formats fail in ways of their own; all of them mean a damaged file.
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:120]
        raise BadInput(f"{path}: is not a readable {path.suffix[1:].upper()} mesh ({reason})") from error


def _joined(
    vertices: Float64[np.ndarray, "V 3"], faces: Int32[np.ndarray, "F 3"]
) -> tuple[Float64[np.ndarray, "W 3"], Int32[np.ndarray, "G 3"]]:
    """Join vertices at one place (STL has three to a triangle), drop unused ones and triangles without area."""
    used, inverse = np.unique(vertices[faces.ravel()], axis=0, return_inverse=True)
    joined = inverse.reshape(-1, 3)
    corners = used[joined]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    kept = joined[area > 0.0]
    named, renumbered = np.unique(kept, return_inverse=True)
    return used[named], renumbered.reshape(-1, 3).astype(np.int32)


def _outward(
    vertices: Float64[np.ndarray, "V 3"], faces: Int32[np.ndarray, "F 3"]
) -> tuple[Int32[np.ndarray, "F 3"], bool]:
    """Make neighbours agree on which side is out, and the whole enclose a positive volume; say if anything turned."""
    shape = trimesh.Trimesh(vertices, faces, process=False)
    if not shape.is_winding_consistent:
        trimesh.repair.fix_winding(shape)  # type: ignore[no-untyped-call]
    found = np.asarray(shape.faces, np.int32)
    corners = (vertices - vertices.mean(axis=0))[found]
    if np.einsum("fi,fi->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) < 0:
        found = found[:, ::-1]
    return np.ascontiguousarray(found), not np.array_equal(found, faces)
