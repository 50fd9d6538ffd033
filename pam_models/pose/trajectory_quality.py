"""How good a trajectory is, column by column. Nothing here computes: configuration reads it too."""

from dataclasses import dataclass

LIFTED_M = 0.1
"""How high an object must be for GraspXL to call it lifted."""


@dataclass(frozen=True)
class TrajectoryQuality:
    """What was measured on one trajectory.

    lifted: the object ends more than 0.1 m above where it started and the hand's centre is within 0.1 m of it
    (GraspXL's success, formats.md section 1.6, with the object's nearest point for its target).
    lift_height_m: how far it rose.
    held_s: time at the end of the clip during which the object stays above 0.1 m.
    slip_mm: mean displacement of the object in the wrist's frame per step while it is off the table (D-Grasp's SD).
    penetration_mm_max, penetration_mm_mean: deepest hand vertex inside the object over the clip; mean over frames with
    contact of the deepest vertex of the frame. penetration_cm3_max: largest volume that hand and object share.
    contact_ratio: of the frames in which the object is off the table, the share in which a hand vertex is within 2 mm.
    self_penetration_mm_max: deepest overlap of two fingers, or of a finger and the palm.
    joint_limit_deg_max: furthest that a finger joint is from what it can do.
    jerk_m_s3: root mean square jerk of the wrist.
    visible_fraction: mean share of the 21 joints inside the picture.
    """

    lifted: bool
    lift_height_m: float
    held_s: float
    slip_mm: float
    penetration_mm_max: float
    penetration_mm_mean: float
    penetration_cm3_max: float
    contact_ratio: float
    self_penetration_mm_max: float
    joint_limit_deg_max: float
    jerk_m_s3: float
    visible_fraction: float
