"""What all recordings share: from a motion in canonical terms to a trajectory that has been measured."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64

from pam_models.conditions.camera import Camera
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import rest_joints, skin
from pam_models.pose.camera_sampling import in_picture
from pam_models.pose.quality import measure
from pam_models.pose.quality_gate import QualityGate
from pam_models.pose.resampling import Window, transforms_of
from pam_models.pose.source import BadInput, TrajectoryRejected
from pam_models.pose.trajectory import ObjectMesh, PlacedObject, SecondHand, Trajectory
from pam_models.pose.trajectory_quality import LIFTED_M

MOVED_M = 0.005
# Single precision still tells tenths of a millimetre there; farther away nobody recorded a hand.
FARTHEST_M = 1000.0


@dataclass(frozen=True)
class RecordedMotion:
    """A recording in canonical terms (pam_models.pose.trajectory.Trajectory), not yet measured."""

    source: str
    hand: HandModel
    pose_flat: Float32[np.ndarray, "T 48"]
    betas: Float32[np.ndarray, "10"]
    transl: Float32[np.ndarray, "T 3"]
    obj: ObjectMesh
    object_T_world: Float32[np.ndarray, "T 4 4"]
    camera: Camera
    table_height_m: float
    window: Window
    fps: float
    phase: tuple[str, ...]
    notes: tuple[str, ...]
    license_tags: tuple[str, ...]
    pose_is_approximate: bool = False
    left_shapedirs_fixed: bool = True
    second: SecondHand | None = None
    others: tuple[PlacedObject, ...] = ()


def measured(motion: RecordedMotion, gate: QualityGate, where: str) -> Trajectory:
    """Measure a motion. `where` names the recording in messages.

    Raises BadInput where hand or object are too far away to be metres, or the camera sees no joint of the hand in any
    frame; TrajectoryRejected where the gate says no.
    """
    away_m = max(float(np.abs(motion.transl).max()), float(np.abs(motion.object_T_world[:, :3, 3]).max()))
    if away_m > FARTHEST_M:
        raise BadInput(f"{where}: hand or object is {away_m:.0f} m from the origin; is the recording in metres?")
    geometry = skin(motion.hand, motion.pose_flat, motion.betas, motion.transl)
    wrist_m = (motion.transl + rest_joints(motion.hand, motion.betas)[0]).astype(np.float32)
    seen = in_picture(motion.camera, geometry.joints)
    if not seen.any():
        raise BadInput(f"{where}: the camera sees no joint of the hand in any of the {len(seen)} frames")
    quality = measure(
        hand=motion.hand,
        pose_flat=motion.pose_flat,
        betas=motion.betas,
        hand_vertices_m=geometry.vertices,
        wrist_T_world=transforms_of(motion.pose_flat[:, :3], wrist_m),
        object_vertices_m=motion.obj.vertices_m,
        object_faces=motion.obj.faces,
        object_T_world=motion.object_T_world,
        joints_in_picture=seen,
        fps=motion.window.motion_fps,
    )
    reasons = gate.reasons(quality)
    if reasons:
        raise TrajectoryRejected("; ".join(reasons), quality)
    return Trajectory(
        source=motion.source,
        side=motion.hand.side,
        fps=motion.fps,
        pose_flat=motion.pose_flat,
        betas=motion.betas,
        transl=motion.transl,
        wrist_m=wrist_m,
        obj=motion.obj,
        object_T_world=motion.object_T_world.astype(np.float32),
        camera=motion.camera,
        phase=motion.phase,
        table_height_m=motion.table_height_m,
        quality=quality,
        pose_is_approximate=motion.pose_is_approximate,
        notes=motion.notes,
        license_tags=motion.license_tags,
        source_fps=motion.window.source_fps,
        source_frames=tuple(motion.window.at.tolist()),
        left_shapedirs_fixed=motion.left_shapedirs_fixed,
        second=motion.second,
        others=motion.others,
    )


def phases_of(object_T_world: Float[np.ndarray, "T 4 4"]) -> tuple[str, ...]:
    """Phases that the object's own motion shows: `reach` until it has moved 5 mm, `lift` while it is lower than 0.1 m
    above its start, `move` from then on.
    """
    path = np.asarray(object_T_world, np.float64)[:, :3, 3]
    moved = np.maximum.accumulate(np.linalg.norm(path - path[0], axis=1)) > MOVED_M
    high = np.maximum.accumulate(path[:, 2] - path[0, 2]) > LIFTED_M
    return tuple("move" if up else "lift" if away else "reach" for away, up in zip(moved, high, strict=True))


def lowest_point_m(obj: ObjectMesh, object_T_world: Float[np.ndarray, "4 4"]) -> float:
    """Height of an object's lowest vertex in a z-up world: of the table, while the object lies on it."""
    placed: Float64[np.ndarray, " V"] = obj.vertices_m @ object_T_world[2, :3] + object_T_world[2, 3]
    return float(placed.min())


def longest_run(present: Bool[np.ndarray, " F"]) -> tuple[int, int]:
    """First frame and length of the longest stretch of True, the first one of equals; length 0 where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], present, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    if len(starts) == 0:
        return 0, 0
    best = int(np.argmax(ends - starts))
    return int(starts[best]), int(ends[best] - starts[best])
