"""Pose blend shapes that keep joints from collapsing: the bend is spread along an arc instead of cut short.

Where weights mix a bone and its parent, linear blending pulls the skin towards the joint. The better place is a
rotation about the joint by the weight's share of the angle; the difference, taken back to the rest pose, is fitted
linearly in the joint's nine numbers of (R - I) over its natural range.
"""

import numpy as np
from jaxtyping import Float

from pam_models.hand.free_hand_builder.skeleton import FINGERS, THUMB, joint_positions
from pam_models.hand.model import PARENTS, POSE_FEATURES
from pam_models.hand.rotations import axis_angle_to_matrix


def pose_blend_shapes(
    vertices: Float[np.ndarray, "V 3"], weights: Float[np.ndarray, "V 16"]
) -> Float[np.ndarray, "V 3 135"]:
    """Fit the correctives of all fifteen joints, in the vertices' unit."""
    posedirs = np.zeros((len(vertices), 3, POSE_FEATURES))
    joints = joint_positions()
    for finger in (*FINGERS, THUMB):
        spread = np.asarray(finger.dorsal)
        for number in range(3):
            joint = finger.first_joint + number
            turns = _range(finger.flexion_axis, spread, number)
            rotations = axis_angle_to_matrix(turns)
            below = weights[:, joint : finger.first_joint + 3].sum(1)
            moving = np.flatnonzero((below > 1e-3) & (below < 1 - 1e-3) & (weights[:, PARENTS[joint]] > 1e-3))
            offsets = np.stack([
                _offset(vertices[moving] - joints[joint], below[moving], turn, rotation)
                for turn, rotation in zip(turns, rotations, strict=True)
            ])  # fmt: skip
            features = (rotations - np.eye(3)).reshape(len(turns), 9)
            ridge = features.T @ features + 0.02 * len(turns) * np.eye(9)
            solved = np.linalg.solve(ridge, features.T @ offsets.reshape(len(turns), -1))
            block = solved.reshape(9, len(moving), 3).transpose(1, 2, 0)
            posedirs[moving, :, 9 * (joint - 1) : 9 * joint] = block
    return posedirs


def _range(flexion: Float[np.ndarray, "3"], spread: Float[np.ndarray, "3"], number: int) -> Float[np.ndarray, "N 3"]:
    sideways = (-0.3, 0.0, 0.3) if number == 0 else (0.0,)
    return np.array(
        [bend * flexion + side * spread for bend in np.deg2rad(np.arange(-20, 101, 10)) for side in sideways]
    )


def _offset(
    arm: Float[np.ndarray, "N 3"],
    share: Float[np.ndarray, " N"],
    turn: Float[np.ndarray, "3"],
    rotation: Float[np.ndarray, "3 3"],
) -> Float[np.ndarray, "N 3"]:
    arc = axis_angle_to_matrix(share[:, None] * turn)
    wanted = np.einsum("nij,nj->ni", arc, arm)
    linear = (1.0 - share)[:, None, None] * np.eye(3) + share[:, None, None] * rotation
    return np.asarray(np.linalg.solve(linear, wanted[..., None])[..., 0] - arm)
