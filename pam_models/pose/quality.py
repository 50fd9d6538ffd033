"""How good a trajectory is: columns of the `pose` table. `quality_gate` decides what is kept."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from pam_models.hand.model import HandModel
from pam_models.pose.convex_solid import ConvexSolid
from pam_models.pose.hand_quality import hand_quality
from pam_models.pose.penetration import CONTACT_M, penetration_volumes_cm3, surface_gaps
from pam_models.pose.trajectory_quality import LIFTED_M, TrajectoryQuality

NEAR_M = 0.1


def measure(
    *,
    hand: HandModel,
    pose_flat: Float[np.ndarray, "T 48"],
    betas: Float[np.ndarray, "10"],
    hand_vertices_m: Float[np.ndarray, "T Vh 3"],
    wrist_T_world: Float[np.ndarray, "T 4 4"],
    object_vertices_m: Float[np.ndarray, "Vo 3"],
    object_faces: Int[np.ndarray, "F 3"],
    object_T_world: Float[np.ndarray, "T 4 4"],
    joints_in_picture: Bool[np.ndarray, "T 21"],
    fps: float,
    solid: ConvexSolid | None = None,
) -> TrajectoryQuality:
    """Measure a trajectory whose hand and object are in one z-up world, metres.

    `solid` is what of a mesh with holes counts as inside (`penetration.surface_gaps`).
    """
    rise = object_T_world[:, 2, 3] - object_T_world[0, 2, 3]
    gaps = surface_gaps(hand_vertices_m, object_vertices_m, object_faces, object_T_world, solid)
    nearest = gaps.min(axis=1)
    depth, touched = np.maximum(-nearest, 0.0), nearest < CONTACT_M
    airborne = rise > 0.01
    touching = depth[touched]
    above = rise > LIFTED_M
    held = len(above) if above.all() else int(np.argmin(above[::-1]))
    self_penetration_mm, joint_limit_deg = hand_quality(hand, pose_flat, betas)
    return TrajectoryQuality(
        lifted=bool(rise[-1] > LIFTED_M and _at_hand(hand_vertices_m[-1], object_vertices_m, object_T_world[-1])),
        lift_height_m=float(rise[-1]),
        held_s=max(held - 1, 0) / fps,
        slip_mm=slip_mm(wrist_T_world, object_T_world, airborne),
        penetration_mm_max=float(depth.max() * 1e3),
        penetration_mm_mean=float(touching.mean() * 1e3) if len(touching) else 0.0,
        penetration_cm3_max=float(penetration_volumes_cm3(gaps, hand_vertices_m, hand.faces).max()),
        contact_ratio=float(touched[airborne].mean()) if airborne.any() else 0.0,
        self_penetration_mm_max=self_penetration_mm,
        joint_limit_deg_max=joint_limit_deg,
        jerk_m_s3=jerk_m_s3(wrist_T_world[:, :3, 3], fps),
        visible_fraction=float(joints_in_picture.mean()),
    )


def _at_hand(
    hand_vertices_m: Float[np.ndarray, "Vh 3"],
    object_vertices_m: Float[np.ndarray, "Vo 3"],
    object_T_world: Float[np.ndarray, "4 4"],
) -> bool:
    placed = object_vertices_m @ object_T_world[:3, :3].T + object_T_world[:3, 3]
    gaps: Float64[np.ndarray, " Vo"] = np.linalg.norm(placed - hand_vertices_m.mean(axis=0), axis=1)
    return bool(gaps.min() < NEAR_M)


def slip_mm(
    wrist_T_world: Float[np.ndarray, "T 4 4"],
    object_T_world: Float[np.ndarray, "T 4 4"],
    during: Sequence[bool] | Bool[np.ndarray, " T"],
) -> float:
    """Mean displacement in mm per step of the object's origin in the wrist's frame over the steps within `during`."""
    chosen = np.asarray(during)
    steps = chosen[1:] & chosen[:-1]
    if not steps.any():
        return 0.0
    relative = np.einsum("tji,tj->ti", wrist_T_world[:, :3, :3], object_T_world[:, :3, 3] - wrist_T_world[:, :3, 3])
    return float(np.linalg.norm(np.diff(relative, axis=0), axis=1)[steps].mean() * 1e3)


def jerk_m_s3(positions_m: Float[np.ndarray, "T 3"], fps: float) -> float:
    """Root mean square of the third finite difference, in m/s^3; 0 for fewer than four frames."""
    if len(positions_m) < 4:
        return 0.0
    third = np.diff(positions_m.astype(np.float64), n=3, axis=0) * fps**3
    return float(np.sqrt((third**2).sum(1).mean()))
