"""The columns of a trajectory say what the trajectory is."""

import numpy as np

from tasks.tables.registry import TABLES
from tests.tasks.trajectories import REQUEST, lifted_mug, mug_trajectory


def test_every_column_of_the_table_but_media_and_common_ones_is_filled() -> None:
    """Catches a column that is in the schema and never written."""
    _, row, _ = lifted_mug()
    media = {f"{what}_{part}" for what in TABLES["pose"].media for part in ("uri", "sha256", "bytes")}
    assert {column.name for column in TABLES["pose"].columns} - media <= set(row)


def test_joints_and_wrist_agree() -> None:
    """Catches a wrist that is `transl` instead of J0 + transl, wrong by a centimetre."""
    trajectory = mug_trajectory()
    scene, row, _ = lifted_mug()
    np.testing.assert_allclose(scene.geometry.joints[:, 0], trajectory.wrist_m, atol=1e-5)
    np.testing.assert_allclose(np.reshape(row["joints_world_m"], (-1, 21, 3))[:, 0], trajectory.wrist_m, atol=1e-5)


def test_row_names_its_request_and_object() -> None:
    """Catches rows that cannot be traced to what was asked for."""
    _, row, _ = lifted_mug()
    assert (row["request_key"], row["object_word"], row["source"]) == (REQUEST.key, "mug", "physics")
    assert row["lifted"] and row["lift_height_m"] > 0.1
