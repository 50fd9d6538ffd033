"""Simulated sources are built as the configuration says."""

from pathlib import Path

from pam_models.pose.meshes.folder import MeshObjects
from tasks.config.load import load_config
from tasks.config.stages import DgraspPose, PhysicsPose
from tasks.simulated_motion import dgrasp_source, physics_source


def test_every_option_of_the_meshes_reaches_them(tmp_path: Path) -> None:
    """Catches an option that is read and then forgotten."""
    options = ("kind=meshes", f"path={tmp_path}", "units=cm", "up=-y", "scale_to_m=0.1", "names=[a]",
               "density_kg_m3=700", "licence=CC0", "decompose_s=9")  # fmt: skip
    pose = load_config(assignments=[f"pose.objects.{option}" for option in options]).pose
    assert isinstance(pose, PhysicsPose)
    objects = physics_source(pose).objects
    assert isinstance(objects, MeshObjects)
    assert (objects.path, objects.chosen, objects.density_kg_m3) == (tmp_path, ("a",), 700.0)
    assert (objects.placing.units, objects.placing.up, objects.placing.scale_to_m) == ("cm", "-y", 0.1)
    assert (objects.license_tag, objects.decomposer.limit_s) == ("user-mesh:CC0", 9)


def test_gate_and_budget_reach_the_search() -> None:
    """Catches thresholds that the configuration names and nobody applies."""
    pose = load_config(assignments=["pose.gate.slip_mm_at_most=1.5", "pose.grasp_candidates=3"]).pose
    assert isinstance(pose, PhysicsPose)
    source = physics_source(pose)
    assert source.gate.slip_mm_at_most == 1.5 and source.gate.lifted and source.budget.proposals == 3


def test_labels_keep_the_meshes_own_frame(tmp_path: Path) -> None:
    """Catches meshes that are centred although the labels' poses are in the files' frame."""
    settings = ["pose.source=dgrasp", f"pose.path={tmp_path}", f"pose.meshes={tmp_path}", "pose.split=test"]
    pose = load_config(assignments=settings).pose
    assert isinstance(pose, DgraspPose)
    source = dgrasp_source(pose)
    assert source.labels == tmp_path / "dexycb_test_labels.pkl" and source.meshes.placing.as_filed
