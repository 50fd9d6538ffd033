"""A label becomes a motion that holds as the label says."""

from pathlib import Path

import numpy as np
import pytest

from pam_models.hand.free_hand import free_hand
from pam_models.pose.meshes.convex import ConvexDecomposer
from pam_models.pose.meshes.folder import MeshObjects
from pam_models.pose.meshes.placing import MeshPlacing
from pam_models.pose.physics.hand_body import build_hand_body
from pam_models.pose.physics.search import GraspMotion, SearchBudget, motions
from pam_models.pose.source import BadInput, PoseRequest
from pam_models.pose.sources.dgrasp import DgraspSource, given_grasp
from pam_models.pose.sources.graspxl import from_mano_axes
from tests.pam_models.pose.sources.dgrasp_files import label_entry, write_box, write_labels

HAND = free_hand("right")
NO_BETAS = np.zeros(10, np.float32)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[DgraspSource, GraspMotion]:
    """A source whose one label is a grasp that the simulation found, and that grasp's motion."""
    folder = tmp_path_factory.mktemp("dgrasp")
    meshes = MeshObjects(
        write_box(folder / "models"), MeshPlacing("m", "z", as_filed=True), ConvexDecomposer(folder / "cache")
    )
    thing = meshes.make(meshes.names()[0], 0)
    motion = next(motions(HAND, NO_BETAS, thing, 49, 3, SearchBudget(enough=1)))
    frame = motion.phase.index("lift")
    placed = motion.recording.object_T_world[frame].astype(np.float64)
    basis = np.eye(4)
    basis[:3, :3] = from_mano_axes(HAND)
    wrist = np.linalg.inv(placed) @ motion.recording.wrist_T_world[frame] @ basis
    fingers = motion.recording.pose_flat[frame, 3:].reshape(15, 3).astype(np.float64) @ basis[:3, :3]
    entry = label_entry(wrist, fingers.reshape(45), placed, 0.15)
    return DgraspSource(write_labels(folder / "labels.pkl", {2: entry}), meshes), motion


def test_a_label_is_reached_closed_lifted_and_held(found: tuple[DgraspSource, GraspMotion]) -> None:
    """Catches a hand that does not get to its label, poses in MANO's axes on another hand, and rows that hide it."""
    source, _ = found
    (request,) = source.requests(None, 0)
    made = source.trajectory(request, HAND, 49, 144, 96)
    assert (request.key, made.source, made.obj.name, made.obj.class_id) == ("2/0", "dgrasp", "003_cracker_box", 2)
    assert made.quality.lifted and made.quality.held_s >= 1.0
    assert made.phase[0] == "reach" and "lift" in made.phase
    assert made.pose_is_approximate and "dgrasp-labels:DexYCB-CC-BY-NC-4.0" in made.license_tags
    deviation = next(note for note in made.notes if "from the label" in note)
    assert int(deviation.split()[1]) < 25 and int(deviation.split()[4]) < 25
    assert "object mass: 0.150 kg" in made.notes


def test_hinges_are_those_of_the_label(found: tuple[DgraspSource, GraspMotion]) -> None:
    """Catches fingers that change places or bend the other way on the way from the file to the simulation."""
    source, motion = found
    given = given_grasp(source._file.label(2, 0), HAND, build_hand_body(HAND, NO_BETAS))
    wanted = motion.outcome.qpos[motion.phase.index("lift"), 7:27]
    assert np.degrees(np.abs(given.angles - wanted).max()) < 3.0


def test_what_is_missing_is_named(found: tuple[DgraspSource, GraspMotion], tmp_path: Path) -> None:
    """Catches a mesh or label that is not there failing without a reason, and left hands labelled as right."""
    source, _ = found
    with pytest.raises(BadInput, match="must look like '3/12'"):
        source.trajectory(PoseRequest("box", 0), HAND, 49, 144, 96)
    with pytest.raises(BadInput, match="right hands"):
        source.trajectory(PoseRequest("2/0", 0), free_hand("left"), 49, 144, 96)
    entry = source._file.arrays[2]
    other = DgraspSource(write_labels(tmp_path / "labels.pkl", {5: entry}), source.meshes)
    with pytest.raises(BadInput, match=r"YCB object 5: one mesh named 006_\.\.\. is needed, found none"):
        other.trajectory(PoseRequest("5/0", 0), HAND, 49, 144, 96)
