"""A folder of meshes as objects."""

from pathlib import Path

import numpy as np
import pytest

from pam_models.pose.meshes.convex import ConvexDecomposer
from pam_models.pose.meshes.folder import MeshObjects
from pam_models.pose.meshes.placing import MeshPlacing
from pam_models.pose.physics.shapes import TriangleMesh, box_mesh
from pam_models.pose.source import BadInput
from tests.pam_models.pose.meshes.meshes_on_disk import BRICK, CUP, write


def objects(folder: Path, **options: object) -> MeshObjects:
    return MeshObjects(folder, MeshPlacing("mm", "z"), ConvexDecomposer(None), **options)  # type: ignore[arg-type]


def test_names_are_paths_and_unique(tmp_path: Path) -> None:
    """Catches two formats of one mesh that share a name, and other files being taken for meshes."""
    write(tmp_path / "kitchen" / "cup.stl", CUP)
    write(tmp_path / "kitchen" / "cup.ply", CUP)
    (tmp_path / "kitchen" / "cup.txt").write_text("a cup")
    assert list(objects(tmp_path).names()) == ["kitchen/cup", "kitchen/cup.stl"]
    assert list(objects(tmp_path, chosen=("kitchen/cup",)).names()) == ["kitchen/cup"]
    with pytest.raises(BadInput, match="no mesh named kitchen/mug"):
        objects(tmp_path, chosen=("kitchen/mug",)).names()


def test_an_object_is_in_metres_rests_and_says_what_was_done(tmp_path: Path) -> None:
    """Catches millimetres in the scene, a mass or centre that is off, and a row without the mesh's licence."""
    write(tmp_path / "brick.ply", BRICK, 1000.0)
    thing = objects(tmp_path, density_kg_m3=1000.0, license_tag="user-mesh:CC0").make("brick", 3)
    np.testing.assert_allclose(np.ptp(thing.mesh.vertices_m, axis=0), [0.04, 0.06, 0.1], rtol=1e-5)
    assert thing.mass_kg == pytest.approx(0.24, rel=0.02)
    np.testing.assert_allclose(thing.centre_m, 0.0, atol=1e-3)
    assert thing.rest_height_m == pytest.approx(0.05, abs=0.001)
    assert thing.mesh.license_tags == ("user-mesh:CC0",) and 1 <= thing.mesh.class_id <= 21
    assert "mm to m" in thing.notes[0]


def test_open_meshes_are_used_and_noted(tmp_path: Path) -> None:
    """Catches a hole that fails the object, and one that nobody hears of."""
    fine = box_mesh([0.02, 0.03, 0.05], cells=8)
    write(tmp_path / "open.obj", TriangleMesh(fine.vertices_m, fine.faces[1:]), 1000.0)
    thing = objects(tmp_path).make("open", 0)
    assert any("not watertight" in note for note in thing.notes)
    assert np.ptp(np.concatenate([np.asarray(part.points_m) for part in thing.parts])[:, 2]) > 0.09


def test_messages_do_not_name_this_machines_folders(tmp_path: Path) -> None:
    """Catches rows that differ from machine to machine."""
    write(tmp_path / "big" / "brick.obj", BRICK, 1e6)
    with pytest.raises(BadInput, match=r"big/brick\.obj: its longest side is") as caught:
        objects(tmp_path).make("big/brick", 0)
    assert str(tmp_path) not in str(caught.value)
    with pytest.raises(BadInput, match="no such mesh"):
        objects(tmp_path).make("other", 0)
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="holds no mesh"):
        objects(tmp_path / "empty").names()
