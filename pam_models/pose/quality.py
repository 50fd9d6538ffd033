"""How good a trajectory is: columns of the `pose` table and a gate that names its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from pam_models.pose.signed_distance import signed_distance

LIFTED_M = 0.1
CONTACT_M = 0.002


@dataclass(frozen=True)
class TrajectoryQuality:
    """What was measured on one trajectory.

    lifted: the object ends more than 0.1 m above where it started (GraspXL's success, formats.md section 1.6).
    lift_height_m: how far it rose.
    slip_mm: mean displacement of the object in the wrist's frame per step while it is lifted and held (D-Grasp's SD).
    penetration_mm_max, penetration_mm_mean: deepest hand vertex inside the object over the clip; mean over frames with
    contact of the deepest vertex of the frame.
    contact_ratio: of the frames in which the object is off the table, the share in which a hand vertex is within 2 mm.
    held_s: time at the end of the clip during which the object stays above 0.1 m. jerk_m_s3: root mean square jerk of
    the wrist.
    visible_fraction: mean share of the 21 joints inside the picture.
    """

    lifted: bool
    lift_height_m: float
    slip_mm: float
    penetration_mm_max: float
    penetration_mm_mean: float
    contact_ratio: float
    held_s: float
    jerk_m_s3: float
    visible_fraction: float


@dataclass(frozen=True)
class QualityGate:
    """Limits of what is kept; None switches a limit off."""

    must_lift: bool = True
    slip_mm: float | None = 6.0
    penetration_mm: float | None = 8.0
    contact_ratio: float | None = 0.8
    held_s: float | None = None
    visible_fraction: float | None = 0.9

    def reasons(self, quality: TrajectoryQuality) -> tuple[str, ...]:
        """Say what is wrong, one clause each; empty when the trajectory passes."""
        found = []
        if self.must_lift and not quality.lifted:
            found.append(f"not lifted: the object rose {quality.lift_height_m:.3f} m, more than {LIFTED_M} m is asked")
        if self.slip_mm is not None and not quality.slip_mm <= self.slip_mm:
            found.append(f"slips {quality.slip_mm:.1f} mm per frame in the hand, at most {self.slip_mm} is allowed")
        if self.penetration_mm is not None and not quality.penetration_mm_max <= self.penetration_mm:
            found.append(
                f"hand {quality.penetration_mm_max:.1f} mm inside the object, at most {self.penetration_mm} is allowed"
            )
        if self.contact_ratio is not None and not quality.contact_ratio >= self.contact_ratio:
            found.append(
                f"touched in {quality.contact_ratio:.2f} of the lifted frames, at least {self.contact_ratio} is asked"
            )
        if self.held_s is not None and not quality.held_s >= self.held_s - 1e-6:
            found.append(f"held above {LIFTED_M} m for {quality.held_s:.2f} s, at least {self.held_s} s is asked")
        if self.visible_fraction is not None and not quality.visible_fraction >= self.visible_fraction:
            found.append(
                f"{quality.visible_fraction:.2f} of the joints in view, at least {self.visible_fraction} is asked"
            )
        return tuple(found)


def measure(
    *,
    hand_vertices_m: Float[np.ndarray, "T Vh 3"],
    wrist_T_world: Float[np.ndarray, "T 4 4"],
    object_vertices_m: Float[np.ndarray, "Vo 3"],
    object_faces: Int[np.ndarray, "F 3"],
    object_T_world: Float[np.ndarray, "T 4 4"],
    joints_in_picture: Bool[np.ndarray, "T 21"],
    fps: float,
) -> TrajectoryQuality:
    """Measure a trajectory whose hand and object are in one z-up world, metres."""
    rise = object_T_world[:, 2, 3] - object_T_world[0, 2, 3]
    depth, touched = contact_depths(hand_vertices_m, object_vertices_m, object_faces, object_T_world)
    airborne = rise > 0.01
    touching = depth[touched]
    above = rise > LIFTED_M
    held = len(above) if above.all() else int(np.argmin(above[::-1]))
    return TrajectoryQuality(
        lifted=bool(rise[-1] > LIFTED_M),
        lift_height_m=float(rise[-1]),
        slip_mm=slip_mm(wrist_T_world, object_T_world, airborne),
        penetration_mm_max=float(depth.max() * 1e3),
        penetration_mm_mean=float(touching.mean() * 1e3) if len(touching) else 0.0,
        contact_ratio=float(touched[airborne].mean()) if airborne.any() else 0.0,
        held_s=max(held - 1, 0) / fps,
        jerk_m_s3=jerk_m_s3(wrist_T_world[:, :3, 3], fps),
        visible_fraction=float(joints_in_picture.mean()),
    )


def contact_depths(
    hand_vertices_m: Float[np.ndarray, "T Vh 3"],
    object_vertices_m: Float[np.ndarray, "Vo 3"],
    object_faces: Int[np.ndarray, "F 3"],
    object_T_world: Float[np.ndarray, "T 4 4"],
) -> tuple[Float64[np.ndarray, " T"], Bool[np.ndarray, " T"]]:
    """Per frame: depth in metres of the deepest hand vertex inside the object (0 outside), and whether any is within 2
    mm.
    """
    rotation, shift = object_T_world[:, :3, :3], object_T_world[:, :3, 3]
    local = np.einsum("tij,tvi->tvj", rotation, hand_vertices_m - shift[:, None])
    frames, count = local.shape[:2]
    flat = signed_distance(local.reshape(-1, 3), object_vertices_m, object_faces, reach_m=CONTACT_M).reshape(
        frames, count
    )
    nearest = flat.min(axis=1)
    return np.maximum(-nearest, 0.0), nearest < CONTACT_M


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
