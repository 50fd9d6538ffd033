"""The physics source: procedural objects grasped in simulation, nothing to download."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin
from pam_models.pose.camera_sampling import Scenery, in_picture, sample_camera
from pam_models.pose.physics.objects import OBJECT_WORDS, make_object
from pam_models.pose.physics.search import SearchBudget, find_motion, sample_betas
from pam_models.pose.quality import measure
from pam_models.pose.quality_gate import SIMULATED, QualityGate
from pam_models.pose.source import BadInput, PoseRequest, TrajectoryRejected
from pam_models.pose.trajectory import Trajectory

MOTION_LICENSE = "pam-simulated-motion:Apache-2.0"


@dataclass(frozen=True)
class PhysicsSource:
    """Trajectories simulated from a seed.

    `objects` are kinds from `OBJECT_WORDS`, cycled through; `betas_sigma` spreads the hand's shape; `gate` rejects
    what is not good. Raises ValueError for unknown kinds.
    """

    objects: Sequence[str] = OBJECT_WORDS
    budget: SearchBudget = field(default_factory=SearchBudget)
    gate: QualityGate = SIMULATED
    betas_sigma: float = 0.5

    def __post_init__(self) -> None:
        """Check the kinds."""
        unknown = [word for word in self.objects if word not in OBJECT_WORDS]
        if unknown or not self.objects:
            raise ValueError(f"objects must be some of {', '.join(OBJECT_WORDS)}; got {', '.join(unknown) or 'none'}")

    def requests(self, count: int | None, seed: int) -> list[PoseRequest]:
        """Return `count` requests, one object kind after the other. The source has no end, so None gives one of each
        kind.
        """
        wanted = len(self.objects) if count is None else count
        return [
            PoseRequest(
                f"{self.objects[index % len(self.objects)]}-{index:04d}",
                int(np.random.SeedSequence([seed, index]).generate_state(1, np.uint64)[0] >> 1),
            )
            for index in range(wanted)
        ]

    def trajectory(self, request: PoseRequest, hand: HandModel, frames: int, width: int, height: int) -> Trajectory:
        """Simulate one grasp. Raises TrajectoryRejected when none is good, BadInput for a key of another source."""
        word = request.key.rpartition("-")[0]
        if word not in OBJECT_WORDS:
            raise BadInput(f"request key {request.key!r} names no procedural object; it must look like 'mug-0003'")
        thing = make_object(word, request.seed)
        betas = sample_betas(request.seed, self.betas_sigma).astype(np.float32)
        motion = find_motion(hand, betas, thing, frames, request.seed, self.budget)
        recording = motion.recording
        geometry = skin(hand, recording.pose_flat, betas, recording.transl)
        scenery = Scenery(
            geometry.vertices,
            hand.faces,
            geometry.joints,
            thing.mesh.vertices_m,
            thing.mesh.faces,
            recording.object_T_world,
        )
        camera = sample_camera(scenery, request.seed, width, height)
        quality = measure(
            hand=hand,
            pose_flat=recording.pose_flat,
            betas=betas,
            hand_vertices_m=geometry.vertices,
            wrist_T_world=recording.wrist_T_world,
            object_vertices_m=thing.mesh.vertices_m,
            object_faces=thing.mesh.faces,
            object_T_world=recording.object_T_world,
            joints_in_picture=in_picture(camera, geometry.joints),
            fps=motion.fps,
        )
        reasons = self.gate.reasons(quality)
        if reasons:
            raise TrajectoryRejected("; ".join(reasons), quality)
        return Trajectory(
            source="physics",
            side=hand.side,
            fps=motion.fps,
            pose_flat=recording.pose_flat,
            betas=betas,
            transl=recording.transl,
            wrist_m=recording.wrist_m,
            obj=thing.mesh,
            object_T_world=recording.object_T_world,
            camera=camera,
            phase=motion.phase,
            table_height_m=0.0,
            quality=quality,
            pose_is_approximate=False,
            notes=(f"grasp: {motion.grasp_kind}", f"object mass: {thing.mass_kg:.3f} kg"),
            license_tags=(MOTION_LICENSE, *thing.mesh.license_tags, *hand.license_tags),
        )
