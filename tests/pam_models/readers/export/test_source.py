"""What exporters take from a build."""

from pathlib import Path

import numpy as np
import pytest

from pam_models.hand.skinning import rest_joints
from pam_models.readers.cache import CacheConfig
from pam_models.readers.errors import ReadError
from pam_models.readers.export.source import ExportSource
from pam_models.readers.frames import ReadConfig
from tests.pam_models.readers.small_build import CUBE, SmallBuild, hand_of


def source_of(made: SmallBuild, folder: Path) -> ExportSource:
    return ExportSource(made.address, ReadConfig(cache=CacheConfig(folder), mano_dir=made.mano_dir))


def test_labels_imply_the_wrist_at_rest(mano_build: SmallBuild, tmp_path: Path) -> None:
    """Catches J0 of another shape or side, which puts every exported translation off."""
    source = source_of(mano_build, tmp_path)
    for number, side in ((0, "right"), (1, "left")):
        clip = source.clip(number)
        wanted = rest_joints(hand_of("mano", side, mano_build.mano_dir), clip.labels["betas"][0])[0]
        np.testing.assert_allclose(clip.wrist_rest(), np.tile(wanted, (13, 1)), atol=1e-5)


def test_surfaces_stored_or_skinned(build: SmallBuild, mano_build: SmallBuild, tmp_path: Path) -> None:
    """Catches builds without stored surfaces taken for ones that have them."""
    assert source_of(build, tmp_path).has_stored_vertices()
    assert not source_of(mano_build, tmp_path).has_stored_vertices()
    assert source_of(mano_build, tmp_path).clip(1).vertices().shape == (13, 778, 3)


def test_the_object_of_a_clip(own_build: SmallBuild, tmp_path: Path) -> None:
    """Catches another trajectory's object, and an altered mesh."""
    clip = source_of(own_build, tmp_path / "cache").clip(1)
    assert clip.trajectory["object_name"] == "cube-1"
    np.testing.assert_array_equal(clip.object_mesh()[0], CUBE)
    mesh = own_build.store / clip.trajectory["object_mesh_uri"]
    mesh.write_bytes(mesh.read_bytes() + b"x")
    with pytest.raises(ReadError, match="was altered"):
        clip.object_mesh()
