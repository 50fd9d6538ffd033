"""The table of trajectories."""

import numpy as np
import pytest

from tasks.errors import TableError
from tasks.tables.lineage import Lineage
from tasks.tables.parts import read_part, write_part
from tasks.tables.pose import POSE
from tests.tasks.tables.conftest import common, media

FRAMES = 3
MEDIA = media("maps") | media("object_mesh") | media("preview")


def test_a_whole_trajectory_survives(lineage: Lineage) -> None:
    """Catches arrays that are folded, cut or rounded on the way."""
    joints = np.random.default_rng(0).normal(size=(FRAMES, 21, 3)).astype(np.float32)
    row = common(
        "a", **MEDIA, joints_world_m=joints, pose_flat=np.zeros((FRAMES, 48)), phase=["reach"] * FRAMES, lifted=True
    )
    (back,) = read_part(write_part(POSE, [row], lineage), "x").table.to_pylist()
    assert np.array_equal(np.float32(back["joints_world_m"]).reshape(FRAMES, 21, 3), joints)
    assert back["phase"] == ["reach"] * FRAMES and back["lifted"] is True


@pytest.mark.parametrize(("name", "count"), [("K", 8), ("betas", 11), ("pose_flat", 47), ("T_world_cam", 12)])
def test_wrong_lengths_are_refused(lineage: Lineage, name: str, count: int) -> None:
    """Catches a 3 x 4 camera or a pose without the wrist that would be read as something else."""
    with pytest.raises(TableError, match=f"row a: {name} holds {count} values"):
        write_part(POSE, [common("a", **MEDIA, **{name: [0.0] * count})], lineage)
