"""Reading OBJ meshes, good and bad."""

from pathlib import Path

import numpy as np
import pytest

from pam_models.pose.object_file import open_edges, read_obj
from pam_models.pose.physics.shapes import box_mesh
from pam_models.pose.source import BadInput

SQUARE = "v 0 0 0\nv 0.1 0 0\nv 0.1 0.1 0\nv 0 0.1 0\n"


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_polygons_slashes_and_negative_indices(tmp_path: Path) -> None:
    """Catches 0-based indices, textures read as corners, and quads losing their second half."""
    vertices, faces = read_obj(written(tmp_path / "a.obj", SQUARE + "# c\nf 1/1/1 2/2/2 3//3 4\nf -4 -3 -2\n"))
    assert vertices.shape == (4, 3)
    np.testing.assert_array_equal(faces, [[0, 1, 2], [0, 2, 3], [0, 1, 2]])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "0 vertices"),
        (SQUARE, "0 faces"),
        (SQUARE + "f 1 2 9\n", "not among"),
        (SQUARE + "f 1 2 0\n", "line 5"),
        (SQUARE + "v 0 x 0\n", "line 5"),
        (SQUARE.replace("0.1", "nan") + "f 1 2 3\n", "not finite"),
        (SQUARE.replace("0.1", "100") + "f 1 2 3\n", "millimetres"),
    ],
)
def test_bad_meshes_are_refused_with_the_file_name(tmp_path: Path, text: str, reason: str) -> None:
    """Catches a broken mesh, or one in millimetres, reaching the scene."""
    with pytest.raises(BadInput, match=reason) as caught:
        read_obj(written(tmp_path / "bad.obj", text))
    assert "bad.obj" in str(caught.value)


def test_missing_mesh(tmp_path: Path) -> None:
    """Catches a bare FileNotFoundError."""
    with pytest.raises(BadInput, match=r"none\.obj"):
        read_obj(tmp_path / "none.obj")


def test_open_edges() -> None:
    """Catches a closed mesh being called open, and a hole being missed."""
    mesh = box_mesh([0.1, 0.1, 0.1])
    assert open_edges(mesh.faces) == 0
    assert open_edges(mesh.faces[1:]) == 3
