"""Four formats, and files that are not what they should be."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from pam_models.pose.meshes.reading import read_mesh_file
from pam_models.pose.source import BadInput
from tests.pam_models.pose.meshes.meshes_on_disk import BRICK, CUP


@pytest.mark.parametrize("suffix", ["obj", "ply", "glb", "stl", "STL"])
def test_every_format_gives_the_same_solid(tmp_path: Path, suffix: str) -> None:
    """Catches a format whose triangles come unjoined (STL), turned over, or in other units."""
    file = tmp_path / f"cup.{suffix}"
    trimesh.Trimesh(CUP.vertices_m.astype(np.float64), CUP.faces, process=False).export(file, file_type=suffix.lower())
    found = read_mesh_file(file)
    assert len(found.vertices) == len(CUP.vertices_m)
    assert found.open_edges == 0 and not found.turned
    np.testing.assert_allclose(np.ptp(found.vertices, axis=0), np.ptp(CUP.vertices_m, axis=0), atol=1e-6)


def test_parts_of_a_scene_are_where_the_file_places_them(tmp_path: Path) -> None:
    """Catches node transforms of a GLB being dropped."""
    shape = trimesh.Trimesh(BRICK.vertices_m.astype(np.float64), BRICK.faces, process=False)
    scene = trimesh.Scene()
    scene.add_geometry(shape)
    shifted = np.eye(4)
    shifted[0, 3] = 0.5
    scene.add_geometry(shape, transform=shifted)
    scene.export(tmp_path / "two.glb")  # type: ignore[no-untyped-call]
    assert np.ptp(read_mesh_file(tmp_path / "two.glb").vertices[:, 0]) == pytest.approx(0.54)


def test_inward_triangles_are_turned(tmp_path: Path) -> None:
    """Catches meshes whose inside counts as outside: a hand in them would have no penetration."""
    inward = trimesh.Trimesh(BRICK.vertices_m.astype(np.float64), BRICK.faces[:, ::-1], process=False)
    inward.export(tmp_path / "in.ply")
    mixed = BRICK.faces.copy()
    mixed[::3] = mixed[::3, ::-1]
    trimesh.Trimesh(BRICK.vertices_m.astype(np.float64), mixed, process=False).export(tmp_path / "mixed.ply")
    for name in ("in.ply", "mixed.ply"):
        found = read_mesh_file(tmp_path / name)
        corners = found.vertices[found.faces]
        volume = np.einsum("fi,fi->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
        assert found.turned and volume == pytest.approx(0.04 * 0.06 * 0.1, rel=1e-5)


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.obj", b"", "the mesh is empty (0 vertices, 0 triangles)"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\n", "the mesh is empty (3 vertices, 0 triangles)"),
        ("a.obj", b"v 0 0 0\nv nan 0 0\nv 0 1 0\nf 1 2 3\n", "not finite"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nf 1 2 7\n", "a triangle names a vertex"),
        ("a.obj", b"v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n", "none of its triangles has an area"),
        ("a.stl", b"solid nothing", "a.stl: "),
        ("a.ply", b"ply\nformat ascii 1.0\nelement vertex 1000000\n", "a.ply: "),
        ("a.glb", b"glTF" + b"\xff" * 40, "is not a readable GLB mesh"),
    ],
)
def test_bad_files_are_one_line(tmp_path: Path, name: str, content: bytes, line: str) -> None:
    """Catches a traceback out of a reader, and an empty or infinite mesh that passes."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput) as caught:
        read_mesh_file(tmp_path / name)
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Catches an OSError that leaves the source."""
    with pytest.raises(BadInput, match=r"gone\.stl: cannot be read"):
        read_mesh_file(tmp_path / "gone.stl")
