"""Linear blend skinning with pose and shape blend shapes: MANO's equations in numpy (in torch: `skinning_layer`).

J = regressor @ v_shaped; v_posed = v_shaped + posedirs @ vec(R_1..15 - I); every vertex is moved by the weighted sum of
its joints' transforms. The wrist turns about its own rest position: wrist = J0(betas) + transl (formats.md section 0).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int32

from pam_models.frame_threads import over_frames
from pam_models.hand.blending import add_basis, blend, chain_joints
from pam_models.hand.conventions import MANO21_TO_OP21
from pam_models.hand.model import JOINTS, PARENTS, SHAPES, HandModel
from pam_models.hand.rotations import axis_angle_to_matrix

_LANES = 16
_HANDS_A_THREAD = 16
_HANDS_AT_ONCE = 64


@dataclass(frozen=True)
class HandGeometry:
    """Skinned hands: vertices and joints in OP21 order (tips are vertices), metres, float32."""

    vertices: Float[np.ndarray, "B V 3"]
    joints: Float[np.ndarray, "B 21 3"]


def rest_joints(hand: HandModel, betas: Float[np.ndarray, "10"]) -> Float[np.ndarray, "16 3"]:
    """Return the 16 joints of the unposed hand of this shape, MANO16 order, metres."""
    shaped = hand.v_template + hand.shapedirs @ np.asarray(betas, np.float32)
    return np.asarray(hand.joint_regressor @ shaped, np.float32)


def skin(
    hand: HandModel,
    pose_flat: Float[np.ndarray, "B 48"],
    betas: Float[np.ndarray, "B 10"] | Float[np.ndarray, "10"],
    transl: Float[np.ndarray, "B 3"],
) -> HandGeometry:
    """Pose a hand: axis-angle with zero = flat hand, shape coefficients, smplx translation (metres).

    One set of betas (10,) serves all B frames and is shaped once.

    Raises:
        ValueError: the inputs' shapes do not fit together.
    """
    pose, shape, move = (np.array(array, np.float32, order="C") for array in (pose_flat, betas, transl))
    frames = len(pose)
    if pose.shape != (frames, 48) or move.shape != (frames, 3) or shape.shape not in ((10,), (frames, 10)):
        raise ValueError(
            f"pose_flat {pose.shape}, betas {shape.shape}, transl {move.shape}; "
            "they must be (B, 48), (10,) or (B, 10), (B, 3)"
        )
    arrays = _prepared(hand)
    one_shape = shape.ndim == 1
    turns = axis_angle_to_matrix(pose.reshape(frames, JOINTS, 3)).astype(np.float32)
    feature = (turns[:, 1:] - np.eye(3, dtype=np.float32)).reshape(frames, -1)
    shapes = np.atleast_2d(shape)
    rest = np.empty((len(shapes), JOINTS, 3), np.float32)
    add_basis(arrays.rest_joints, shapes, arrays.joint_basis, rest.reshape(len(shapes), -1))
    start = arrays.template
    if one_shape:
        start = np.empty_like(arrays.template)
        add_basis(arrays.template, shapes, arrays.basis[:SHAPES], start)
    coefficients = feature if one_shape else np.concatenate([shapes, feature], axis=1)
    basis = arrays.basis[SHAPES:] if one_shape else arrays.basis
    vertices = np.empty((frames, len(hand.v_template), 3), np.float32)
    places = np.empty((frames, JOINTS, 3), np.float32)

    def run(begin: int, end: int) -> None:
        # A few hands at a time stay in the cache between the three steps.
        most = min(_HANDS_AT_ONCE, end - begin)
        moves = np.empty((most, JOINTS, 12), np.float32)
        posed = np.empty((most, arrays.template.shape[1]), np.float32)
        for first in range(begin, end, most):
            some = slice(first, min(first + most, end))
            count = some.stop - first
            chain_joints(turns[some], rest if one_shape else rest[some], arrays.parents, places[some], moves[:count])
            add_basis(start, coefficients[some], basis, posed[:count])
            blend(moves[:count], arrays.weights, posed[:count], move[some], vertices[some])

    over_frames(run, frames, _HANDS_A_THREAD)
    all_joints = np.concatenate([places + move[:, None], vertices[:, hand.tip_vertices]], axis=1)[:, MANO21_TO_OP21]
    return HandGeometry(vertices=vertices, joints=all_joints)


@dataclass(frozen=True)
class _Prepared:
    """A hand's arrays as the kernels take them: coordinates apart (all x, all y, all z), rows padded to whole vectors.

    `basis` holds the shape directions, then the pose directions.
    """

    template: Float[np.ndarray, "1 N"]
    basis: Float[np.ndarray, "145 N"]
    weights: Float[np.ndarray, "16 N"]
    rest_joints: Float[np.ndarray, "1 48"]
    joint_basis: Float[np.ndarray, "10 48"]
    parents: Int32[np.ndarray, "16"]


@lru_cache(maxsize=8)
def _prepared(hand: HandModel) -> _Prepared:
    regressor = hand.joint_regressor
    return _Prepared(
        template=_apart(hand.v_template[None]),
        basis=_apart(np.concatenate([hand.shapedirs, hand.posedirs], axis=2).transpose(2, 0, 1)),
        weights=_padded(hand.weights.T),
        rest_joints=np.ascontiguousarray((regressor @ hand.v_template).reshape(1, -1)),
        joint_basis=np.ascontiguousarray(np.einsum("jv,vis->sji", regressor, hand.shapedirs).reshape(SHAPES, -1)),
        parents=np.asarray(PARENTS, np.int32),
    )


def _apart(vectors: Float[np.ndarray, "K V 3"]) -> Float[np.ndarray, "K N"]:
    return np.ascontiguousarray(_padded(vectors.transpose(0, 2, 1)).reshape(len(vectors), -1))


def _padded(rows: Float[np.ndarray, "*K V"]) -> Float[np.ndarray, "*K N"]:
    missing = -rows.shape[-1] % _LANES
    return np.ascontiguousarray(np.pad(rows, [(0, 0)] * (rows.ndim - 1) + [(0, missing)]), np.float32)
