"""What neighbouring hand systems mean by a joint order, a pose and a translation; every conversion has its inverse.

Facts: formats.md sections 0, 2 and 3. MANO16 is wrist, index, middle, pinky, ring, thumb; MANO21 appends the tips
thumb, index, middle, ring, pinky; OP21 is wrist, thumb, index, middle, ring, pinky with each finger's tip last.
"""

import numpy as np
from jaxtyping import Float

from pam_models.hand.rotations import (
    axis_angle_to_matrix,
    axis_angle_to_quat_wxyz,
    matrix_to_axis_angle,
    matrix_to_quat_wxyz,
    quat_wxyz_to_axis_angle,
    resample_axis_angle,
    sample_axis_angle,
    wxyz_to_xyzw,
    xyzw_to_wxyz,
)

__all__ = [
    "GRASPXL21_TO_OP21",
    "MANO21_TO_OP21",
    "OP21_TO_GRASPXL21",
    "OP21_TO_MANO21",
    "axis_angle_to_matrix",
    "axis_angle_to_quat_wxyz",
    "flat_to_mean_relative",
    "flat_to_pca",
    "matrix_to_axis_angle",
    "matrix_to_quat_wxyz",
    "mean_relative_to_flat",
    "move_pose",
    "pca_to_flat",
    "quat_wxyz_to_axis_angle",
    "resample_axis_angle",
    "sample_axis_angle",
    "swap_ring_and_pinky",
    "transl_to_wrist",
    "wrist_to_transl",
    "wxyz_to_xyzw",
    "xyzw_to_wxyz",
]

# joints_op21 = joints_mano21[MANO21_TO_OP21], and so on.
MANO21_TO_OP21 = np.array([0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20])
OP21_TO_MANO21 = np.array([0, 5, 6, 7, 9, 10, 11, 17, 18, 19, 13, 14, 15, 1, 2, 3, 4, 8, 12, 16, 20])
# GraspXL and D-Grasp keep each finger's tip behind it: wrist, index, middle, pinky, ring, thumb, four each.
GRASPXL21_TO_OP21 = np.array([0, 17, 18, 19, 20, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15, 16, 9, 10, 11, 12])
OP21_TO_GRASPXL21 = np.argsort(GRASPXL21_TO_OP21)

_RING_AND_PINKY_SWAPPED = np.array([0, 1, 3, 2, 4])


def swap_ring_and_pinky(pose: Float[np.ndarray, "*N 45"]) -> Float[np.ndarray, "*N 45"]:
    """Exchange the ring's and the pinky's nine numbers (D-Grasp's order from MANO's, and back). Its own inverse."""
    fingers = np.asarray(pose)
    return fingers.reshape(*fingers.shape[:-1], 5, 9)[..., _RING_AND_PINKY_SWAPPED, :].reshape(fingers.shape)


def mean_relative_to_flat(
    pose: Float[np.ndarray, "*N 45"], hands_mean: Float[np.ndarray, "45"]
) -> Float[np.ndarray, "*N 45"]:
    """Finger axis-angles whose zero is the mean hand, to zero = flat hand: the mean is added component by component."""
    return np.asarray(np.asarray(pose) + hands_mean)


def flat_to_mean_relative(
    pose_flat: Float[np.ndarray, "*N 45"], hands_mean: Float[np.ndarray, "45"]
) -> Float[np.ndarray, "*N 45"]:
    """Inverse of mean_relative_to_flat."""
    return np.asarray(np.asarray(pose_flat) - hands_mean)


def pca_to_flat(
    coefficients: Float[np.ndarray, "*N C"],
    hands_mean: Float[np.ndarray, "45"],
    hands_components: Float[np.ndarray, "45 45"],
) -> Float[np.ndarray, "*N 45"]:
    """Flat pose from the first C <= 45 component coefficients (DexYCB's pose_m[3:48], mean-relative)."""
    given = np.asarray(coefficients)
    return np.asarray(given @ hands_components[: given.shape[-1]] + hands_mean)


def flat_to_pca(
    pose_flat: Float[np.ndarray, "*N 45"],
    hands_mean: Float[np.ndarray, "45"],
    hands_components: Float[np.ndarray, "45 45"],
) -> Float[np.ndarray, "*N 45"]:
    """All 45 coefficients of a flat pose: inverse of pca_to_flat, for components of full rank."""
    relative = np.asarray(pose_flat, np.float64) - hands_mean
    return np.asarray(relative @ np.linalg.inv(np.asarray(hands_components, np.float64)))


def transl_to_wrist(transl: Float[np.ndarray, "*N 3"], wrist_rest: Float[np.ndarray, "3"]) -> Float[np.ndarray, "*N 3"]:
    """Wrist position from the smplx translation: wrist = J0(betas) + transl, whatever the global rotation."""
    return np.asarray(np.asarray(transl) + wrist_rest)


def wrist_to_transl(wrist: Float[np.ndarray, "*N 3"], wrist_rest: Float[np.ndarray, "3"]) -> Float[np.ndarray, "*N 3"]:
    """Inverse of transl_to_wrist."""
    return np.asarray(np.asarray(wrist) - wrist_rest)


def move_pose(
    pose: Float[np.ndarray, "*N P"],
    transl: Float[np.ndarray, "*N 3"],
    wrist_rest: Float[np.ndarray, "3"],
    T_new_old: Float[np.ndarray, "4 4"],
) -> tuple[Float[np.ndarray, "*N P"], Float[np.ndarray, "*N 3"]]:
    """Carry poses (global axis-angle first, P = 3 or 48) and translations into another frame.

    x_new = T_new_old @ x_old. The hand turns about its wrist and not about the origin, hence
    transl' = R (J0 + transl) + t - J0.
    """
    turn, shift = np.asarray(T_new_old, np.float64)[:3, :3], np.asarray(T_new_old, np.float64)[:3, 3]
    given = np.asarray(pose)
    moved = given.copy()
    moved[..., :3] = matrix_to_axis_angle(turn @ axis_angle_to_matrix(given[..., :3].astype(np.float64)))
    wrist = transl_to_wrist(np.asarray(transl, np.float64), np.asarray(wrist_rest, np.float64))
    carried = wrist_to_transl(wrist @ turn.T + shift, np.asarray(wrist_rest, np.float64))
    return moved, np.asarray(carried.astype(np.asarray(transl).dtype, copy=False))
