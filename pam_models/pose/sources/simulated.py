"""What all simulated sources share: from a motion that lifts to a trajectory that has been measured."""

from collections.abc import Callable, Iterable

import numpy as np
from jaxtyping import Float

from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin
from pam_models.pose.camera_sampling import Scenery, in_picture, sample_camera
from pam_models.pose.physics.rigid_object import RigidObject
from pam_models.pose.physics.search import GraspMotion
from pam_models.pose.quality import measure
from pam_models.pose.quality_gate import QualityGate
from pam_models.pose.source import TrajectoryRejected
from pam_models.pose.trajectory import Trajectory

MOTION_LICENSE = "pam-simulated-motion:Apache-2.0"


def first_kept(tried: Iterable[GraspMotion], make: Callable[[GraspMotion], Trajectory]) -> Trajectory:
    """The first motion of which `make` makes a trajectory. Raises TrajectoryRejected with the first reason when it
    rejects all of them, or when there is none.
    """
    first: TrajectoryRejected | None = None
    for motion in tried:
        try:
            return make(motion)
        except TrajectoryRejected as rejection:
            first = first or rejection
    raise first or TrajectoryRejected("no motion was tried")


def simulated(
    motion: GraspMotion,
    source: str,
    thing: RigidObject,
    hand: HandModel,
    betas: Float[np.ndarray, "10"],
    seed: int,
    picture: tuple[int, int],
    gate: QualityGate,
    *,
    notes: tuple[str, ...] = (),
    license_tags: tuple[str, ...] = (),
    pose_is_approximate: bool = False,
) -> Trajectory:
    """Place a camera (`picture` is width and height in pixels), measure, and judge.

    Raises TrajectoryRejected with what was measured when the gate says no.
    """
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
    camera = sample_camera(scenery, seed, *picture)
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
        solid=thing.solid,
    )
    reasons = gate.reasons(quality)
    if reasons:
        raise TrajectoryRejected("; ".join(reasons), quality)
    return Trajectory(
        source=source,
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
        pose_is_approximate=pose_is_approximate,
        notes=(f"grasp: {motion.grasp_kind}", f"object mass: {thing.mass_kg:.3f} kg", *thing.notes, *notes),
        license_tags=tuple(
            dict.fromkeys((MOTION_LICENSE, *license_tags, *thing.mesh.license_tags, *hand.license_tags))
        ),
    )
