"""Things come to rest as they would on a table."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pam_models.pose.meshes.resting import settled
from pam_models.pose.physics.rigid_object import RigidObject
from pam_models.pose.physics.shapes import hull_part
from pam_models.pose.trajectory import ObjectMesh
from tests.pam_models.pose.meshes.meshes_on_disk import BRICK

MESH = ObjectMesh("brick", "object", 1, BRICK.vertices_m, BRICK.faces, ())
THING = RigidObject(MESH, (hull_part(BRICK.vertices_m.astype(np.float64)),), 0.1, rest_height_m=0.0)


def test_what_stands_stays_upright() -> None:
    """Catches a drop that tips a stable thing, and a height that is not that of the table."""
    found = settled(THING)
    assert found.rest_height_m == pytest.approx(0.05, abs=0.0005)
    assert found.rest_quat == (1.0, 0.0, 0.0, 0.0) and found.notes == ()


def test_what_stands_on_an_edge_falls_and_says_so() -> None:
    """Catches a thing that hangs in the air at an angle that it cannot keep."""
    tipped = Rotation.from_euler("y", 50, degrees=True).as_quat(scalar_first=True)
    found = settled(replace(THING, rest_quat=tuple(tipped.tolist())))
    heights = found.resting_vertices_m()[:, 2]
    assert heights.min() == pytest.approx(0.0, abs=0.001) and heights.max() == pytest.approx(0.04, abs=0.001)
    assert "does not stand as given" in found.notes[0]
