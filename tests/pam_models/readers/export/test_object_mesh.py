"""Meshes as OBJ."""

from pathlib import Path

import numpy as np

from pam_models.pose.object_file import read_obj
from pam_models.readers.export.object_mesh import obj_bytes
from tests.pam_models.readers.small_build import CUBE, FACES


def test_it_reads_back(tmp_path: Path) -> None:
    """Catches faces that count from 0, and metres in another unit."""
    (tmp_path / "cube.obj").write_bytes(obj_bytes(CUBE, FACES))
    vertices, faces = read_obj(tmp_path / "cube.obj")
    np.testing.assert_allclose(vertices, CUBE, atol=1e-6)
    np.testing.assert_array_equal(faces, FACES)
