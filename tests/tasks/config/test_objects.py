"""Objects of the simulation in the configuration."""

from pathlib import Path

import pytest

from tasks.config.load import load_config
from tasks.config.objects import MeshObjectsConfig, ProceduralObjectsConfig
from tasks.config.output import output_subset
from tasks.errors import ConfigError

MESHES = ("pose.objects.kind=meshes", "pose.objects.units=mm", "pose.objects.up=y")


def test_meshes_and_procedural_objects_are_told_apart(tmp_path: Path) -> None:
    """Catches a kind that is ignored, and units that have a default."""
    config = load_config(assignments=[*MESHES, f"pose.objects.path={tmp_path}"])
    assert isinstance(config.pose.objects, MeshObjectsConfig)
    assert isinstance(load_config().pose.objects, ProceduralObjectsConfig)
    with pytest.raises(ConfigError, match=r"pose\.objects\.units: must be given"):
        load_config(assignments=["pose.objects.kind=meshes", f"pose.objects.path={tmp_path}", "pose.objects.up=y"])


def test_ids_follow_the_meshes_and_not_their_place(tmp_path: Path) -> None:
    """Catches a build that is taken for finished after a mesh was changed, and one that changes when it is moved."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cup.STL").write_text("cup")
        (tmp_path / name / f"{name}.txt").write_text(name)
    subsets = [
        output_subset(load_config(assignments=[*MESHES, f"pose.objects.path={tmp_path / name}"])) for name in "ab"
    ]
    assert subsets[0] == subsets[1]
    (tmp_path / "b" / "cup.STL").write_text("mug")
    changed = output_subset(load_config(assignments=[*MESHES, f"pose.objects.path={tmp_path / 'b'}"]))
    assert changed != subsets[1]


def test_default_objects_and_gate_leave_ids_as_they_were() -> None:
    """Catches ids of the demo that change although its trajectories do not."""
    subset = output_subset(load_config())["pose"]
    assert subset["objects"] is None and "gate" not in subset
    assert "gate" in output_subset(load_config(assignments=["pose.gate.slip_mm_at_most=2"]))["pose"]
