"""Hand parameters in camera axes, and left hands as the right hands that a mirror shows.

Layouts keep poses in the frame of their camera, and some know right hands alone. A mirrored picture's camera has its
centre at W - 1 - cx, because pixel centres are whole numbers here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8

from pam_models.hand.conventions import axis_angle_to_matrix, matrix_to_axis_angle

# The plane in which a hand model's left hand is its right one mirrored: MANO's x = 0, the free hand's y = 0.
MIRROR_AXIS = {"mano": 0, "free": 1}


@dataclass(frozen=True)
class HandParameters:
    """N poses in camera axes: axis-angles with zero = flat hand, shapes, smplx translations, wrists at rest."""

    pose_flat: Float32[np.ndarray, "N 48"]
    betas: Float32[np.ndarray, "N 10"]
    transl: Float32[np.ndarray, "N 3"]
    wrist_rest: Float32[np.ndarray, "N 3"]


def in_camera(labels: np.ndarray, wrist_rest: Float[np.ndarray, "N 3"]) -> HandParameters:
    """The parameters of label records, moved from the world into each row's camera (formats.md section 0: the hand
    turns about its wrist).
    """
    turn = labels["T_world_cam"][:, :3, :3].astype(np.float64).transpose(0, 2, 1)
    pose = labels["pose_flat"].copy()
    pose[:, :3] = matrix_to_axis_angle(turn @ axis_angle_to_matrix(pose[:, :3].astype(np.float64)))
    transl = (labels["xyz"][:, 0] - wrist_rest).astype(np.float32)
    return HandParameters(pose, labels["betas"], transl, np.asarray(wrist_rest, np.float32))


def mirrored_parameters(hand: HandParameters, hand_model: str) -> HandParameters:
    """The right hand that a picture flipped left to right shows in place of a left one, and back. Its own inverse.

    In camera axes x becomes -x. The hand models' own left and right differ by a mirror in another plane, which turns
    the global rotation; every other rotation is mirrored in the model's plane.
    """
    flip, own = np.array([-1.0, 1.0, 1.0]), np.ones(3)
    own[MIRROR_AXIS[hand_model]] = -1.0
    rotations = axis_angle_to_matrix(hand.pose_flat.reshape(-1, 16, 3).astype(np.float64))
    rotations[:, 0] *= np.outer(flip, own)
    rotations[:, 1:] *= np.outer(own, own)
    pose = matrix_to_axis_angle(rotations).reshape(-1, 48).astype(np.float32)
    wrist_rest = (hand.wrist_rest * own).astype(np.float32)
    transl = ((hand.transl + hand.wrist_rest) * flip - wrist_rest).astype(np.float32)
    return HandParameters(pose, hand.betas, transl, wrist_rest)


def mirrored_points(points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    """Camera points with x exchanged for -x."""
    return np.asarray(points * np.array([-1, 1, 1], np.asarray(points).dtype))


def mirrored_pixels(uv: Float[np.ndarray, "*n 2"], width: int) -> Float[np.ndarray, "*n 2"]:
    """Pixels of a flipped picture: u becomes W - 1 - u."""
    return np.stack([width - 1 - uv[..., 0], uv[..., 1]], axis=-1)


def mirrored_intrinsics(K: Float[np.ndarray, "3 3"], width: int) -> Float[np.ndarray, "3 3"]:
    """The camera of a flipped picture: cx becomes W - 1 - cx, and a skew changes its sign."""
    turned = K.copy()
    turned[0, 1] *= -1
    turned[0, 2] = width - 1 - K[0, 2]
    return turned


def mirrored_picture(picture: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H W 3"]:
    """A picture flipped left to right."""
    return np.ascontiguousarray(picture[:, ::-1])
