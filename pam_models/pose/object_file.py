"""Read an object's mesh from a Wavefront OBJ file."""

from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, Int32

from pam_models.pose.source import BadInput

LARGEST_M = 2.0


def read_obj(path: Path) -> tuple[Float32[np.ndarray, "V 3"], Int32[np.ndarray, "F 3"]]:
    """Return vertices in metres and triangles of a file that is in metres.

    Raises BadInput for a missing, empty or broken file and for one that is not in metres.
    """
    vertices, triangles = parse_obj(path)
    if len(vertices) == 0 or len(triangles) == 0:
        raise BadInput(f"{path}: has {len(vertices)} vertices and {len(triangles)} faces; a mesh needs both")
    points = vertices.astype(np.float32)
    if triangles.min() < 0 or triangles.max() >= len(points):
        raise BadInput(f"{path}: a face names a vertex that is not among the file's {len(points)}")
    if not np.isfinite(points).all():
        raise BadInput(f"{path}: has vertices that are not finite")
    size = float(np.ptp(points, axis=0).max())
    if not 0.001 < size < LARGEST_M:
        raise BadInput(
            f"{path}: is {size:.3g} m large; it must be between 1 mm and {LARGEST_M} m (is it in millimetres?)"
        )
    return points, triangles


def parse_obj(path: Path) -> tuple[Float64[np.ndarray, "V 3"], Int32[np.ndarray, "F 3"]]:
    """Return vertices in the file's units and triangles, unchecked; polygons are fanned. Textures, normals and groups
    are ignored.

    Raises BadInput for a missing or broken file.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise BadInput(f"{path}: the object's mesh cannot be read ({error.strerror})") from error
    vertices: list[tuple[float, float, float]] = []
    faces: list[tuple[int, int, int]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or words[0] not in ("v", "f"):
            continue
        try:
            if words[0] == "v":
                vertices.append((float(words[1]), float(words[2]), float(words[3])))
            else:
                corners = [_corner(word, len(vertices)) for word in words[1:]]
                faces.extend((corners[0], corners[i], corners[i + 1]) for i in range(1, len(corners) - 1))
        except (ValueError, IndexError) as error:
            raise BadInput(f"{path}: line {number} is not a vertex or a face: {line.strip()[:60]!r}") from error
    return np.array(vertices, np.float64).reshape(-1, 3), np.array(faces, np.int64).clip(-1, 2**31 - 1).astype(
        np.int32
    ).reshape(-1, 3)


def open_edges(faces: Int32[np.ndarray, "F 3"]) -> int:
    """Number of edges that do not have exactly two faces: 0 for a watertight mesh."""
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1)
    _, counts = np.unique(edges, axis=0, return_counts=True)
    return int((counts != 2).sum())


def _corner(word: str, known: int) -> int:
    index = int(word.partition("/")[0])
    if index == 0:
        raise ValueError("OBJ indices begin at 1")
    return index - 1 if index > 0 else known + index
