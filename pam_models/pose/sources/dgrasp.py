"""D-Grasp's labels as a source: each static grasp is reached for, closed, lifted and carried by the physics."""

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from pam_models.hand.model import HandModel
from pam_models.pose.hand_quality import nearest_hinges
from pam_models.pose.meshes.folder import MASS_KG, MeshObjects
from pam_models.pose.meshes.resting import settled
from pam_models.pose.physics.hand_body import HandBody, build_hand_body
from pam_models.pose.physics.label_grasps import GivenGrasp, GivenGraspSampler
from pam_models.pose.physics.rigid_object import RigidObject
from pam_models.pose.physics.search import GraspMotion, SearchBudget, motions
from pam_models.pose.quality_gate import SIMULATED, QualityGate
from pam_models.pose.source import BadInput, PoseRequest, request_seed
from pam_models.pose.sources.dgrasp_labels import GraspLabel, LabelFile, read_labels, ycb_prefix
from pam_models.pose.sources.graspxl import from_mano_axes
from pam_models.pose.sources.simulated import first_kept, simulated
from pam_models.pose.trajectory import Trajectory

# The labels are made from DexYCB's recordings (formats.md section 10).
LICENSE_TAG = "dgrasp-labels:DexYCB-CC-BY-NC-4.0"
_PREFERRED = "textured_simple"


@dataclass(frozen=True)
class DgraspSource:
    """Every label of one file, with the YCB meshes from a folder whose names begin with YCB's numbers.

    Labels are right hands with MANO's mean shape; another hand model is posed alike, and its rows say so.
    """

    labels: Path
    meshes: MeshObjects
    budget: SearchBudget = field(default_factory=SearchBudget)
    gate: QualityGate = SIMULATED

    def requests(self, count: int | None, seed: int) -> list[PoseRequest]:
        """One request for each label, keys such as '3/12': the YCB id and the row. Raises BadInput for a bad file."""
        keys = [f"{ycb}/{row}" for ycb, row in self._file.keys()]  # noqa: SIM118 (it is no dict)
        return [PoseRequest(key, request_seed(seed, key)) for key in keys[:count]]

    def trajectory(self, request: PoseRequest, hand: HandModel, frames: int, width: int, height: int) -> Trajectory:
        """Animate one label.

        Raises TrajectoryRejected when no variation of it lifts the object, BadInput for a label or mesh that is missing
        or cannot be used.
        """
        if hand.side != "right":
            raise BadInput(f"{self.labels}: D-Grasp labels right hands; the hand model is a {hand.side} hand")
        ycb, _, row = request.key.partition("/")
        if not (ycb.isdecimal() and row.isdecimal()):
            raise BadInput(f"request key {request.key!r} names no label; it must look like '3/12'")
        label = self._file.label(int(ycb), int(row))
        thing = self._thing(label)
        betas = np.zeros(10, np.float32)
        given = given_grasp(label, hand, build_hand_body(hand, betas))
        tried = motions(hand, betas, thing, frames, request.seed, self.budget, partial(GivenGraspSampler, given=given))
        approximate = hand.name != "mano"
        carried = (f"labelled with MANO, shown with the {hand.name} hand: proportions differ",) if approximate else ()

        def make(motion: GraspMotion) -> Trajectory:
            return simulated(
                motion,
                source="dgrasp",
                thing=thing,
                hand=hand,
                betas=betas,
                seed=request.seed,
                picture=(width, height),
                gate=self.gate,
                notes=(_deviation(motion, given), *carried),
                license_tags=(LICENSE_TAG,),
                pose_is_approximate=approximate,
            )

        return first_kept(tried, make)

    @cached_property
    def _file(self) -> LabelFile:
        return read_labels(self.labels)

    def _thing(self, label: GraspLabel) -> RigidObject:
        prefix = ycb_prefix(label.ycb_id)
        named = [name for name in self.meshes.names() if any(part.startswith(prefix) for part in name.split("/"))]
        chosen = [name for name in named if name.endswith(_PREFERRED)] or named
        if len(chosen) != 1:
            found = ", ".join(chosen) or "none"
            raise BadInput(f"YCB object {label.ycb_id}: one mesh named {prefix}... is needed, found {found}")
        thing = self.meshes.in_the_air(chosen[0])
        name = next(part for part in chosen[0].split("/") if part.startswith(prefix))
        mass = thing.mass_kg if label.mass_kg is None else float(np.clip(label.mass_kg, *MASS_KG))
        mesh = replace(thing.mesh, name=name, class_id=label.ycb_id)
        return settled(replace(thing, mesh=mesh, mass_kg=mass, rest_quat=label.rest_quat))


def given_grasp(label: GraspLabel, hand: HandModel, body: HandBody) -> GivenGrasp:
    """A label for a hand model: its hinges come as near to the label's rotations as they can.

    A hand other than MANO has rest axes of its own: rotations are carried over by the change of basis between palms.
    """
    basis: Float64[np.ndarray, "3 3"] = np.eye(3) if hand.name == "mano" else from_mano_axes(hand)
    fingers = Rotation.from_rotvec(label.fingers_flat.reshape(15, 3) @ basis.T).as_matrix()
    angles, _ = nearest_hinges(body, np.concatenate([np.eye(3)[None], fingers])[None])
    return GivenGrasp(label.wrist_m, label.rotation @ basis.T, angles[0])


def _deviation(motion: GraspMotion, given: GivenGrasp) -> str:
    """How far the simulated grasp is from the label as the lift begins."""
    frame = motion.phase.index("lift") if "lift" in motion.phase else len(motion.phase) - 1
    held = (
        np.linalg.inv(motion.recording.object_T_world[frame].astype(np.float64)) @ motion.recording.wrist_T_world[frame]
    )
    off_mm = float(np.linalg.norm(held[:3, 3] - given.wrist_m) * 1e3)
    turned = Rotation.from_matrix(held[:3, :3] @ given.rotation.T).magnitude()
    return f"wrist {off_mm:.0f} mm and {np.degrees(turned):.0f} degrees from the label when the lift begins"
