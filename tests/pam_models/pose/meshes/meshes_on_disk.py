"""Small mesh files made for the tests."""

from pathlib import Path

import numpy as np
import trimesh

from pam_models.pose.physics.shapes import TriangleMesh, box_mesh, lathe_mesh

CUP = lathe_mesh([(0, 0), (0.03, 0), (0.03, 0.08), (0, 0.08)])
BRICK = box_mesh([0.02, 0.03, 0.05], cells=1)


def write(path: Path, mesh: TriangleMesh, factor: float = 1.0) -> Path:
    """Write a mesh in the format of the path's suffix, its coordinates times `factor`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = trimesh.Trimesh(mesh.vertices_m.astype(np.float64) * factor, mesh.faces, process=False)
    shape.export(path)
    return path
