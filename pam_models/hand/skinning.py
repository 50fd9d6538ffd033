"""Linear blend skinning with pose and shape blend shapes: MANO's equations in numpy and in torch.

J = regressor @ v_shaped; v_posed = v_shaped + posedirs @ vec(R_1..15 - I); every vertex is moved by the weighted sum of
its joints' transforms. The wrist turns about its own rest position: wrist = J0(betas) + transl (formats.md section 0).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int32
from torch import nn

from pam_models.frame_threads import over_frames
from pam_models.hand.blending import add_basis, blend, chain_joints
from pam_models.hand.conventions import MANO21_TO_OP21
from pam_models.hand.model import JOINTS, PARENTS, SHAPES, HandModel
from pam_models.hand.rotations import axis_angle_to_matrix

_LANES = 16
_HANDS_A_THREAD = 32


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

    def run(first: int, end: int) -> None:
        moves = np.empty((end - first, JOINTS, 12), np.float32)
        posed = np.empty((end - first, arrays.template.shape[1]), np.float32)
        own = rest if one_shape else rest[first:end]
        chain_joints(turns[first:end], own, arrays.parents, places[first:end], moves)
        add_basis(start, coefficients[first:end], basis, posed)
        blend(moves, arrays.weights, posed, move[first:end], vertices[first:end])

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


class SkinningLayer(nn.Module):
    """The same hand as a differentiable torch layer; arrays are buffers and move with `.to(device)`."""

    v_template: torch.Tensor
    shapedirs: torch.Tensor
    posedirs: torch.Tensor
    joint_regressor: torch.Tensor
    weights: torch.Tensor
    tip_vertices: torch.Tensor
    op21: torch.Tensor

    def __init__(self, hand: HandModel) -> None:
        super().__init__()
        for name in ("v_template", "shapedirs", "posedirs", "joint_regressor", "weights"):
            self.register_buffer(name, torch.from_numpy(getattr(hand, name).copy()))
        self.register_buffer("tip_vertices", torch.from_numpy(hand.tip_vertices.astype(np.int64)))
        self.register_buffer("op21", torch.from_numpy(MANO21_TO_OP21.astype(np.int64)))

    def forward(
        self,
        pose_flat: Float[torch.Tensor, "B 48"],
        betas: Float[torch.Tensor, "B 10"],
        transl: Float[torch.Tensor, "B 3"],
    ) -> tuple[Float[torch.Tensor, "B V 3"], Float[torch.Tensor, "B 21 3"]]:
        """Return (vertices, joints in OP21 order) in metres; see `skin`. One set of betas may be (10,)."""
        frames = len(pose_flat)
        if betas.ndim == 1:
            betas = betas[None].expand(frames, -1)
        v_shaped = self.v_template + torch.einsum("bs,vis->bvi", betas, self.shapedirs)
        joints = torch.einsum("jv,bvi->bji", self.joint_regressor, v_shaped)
        rotations = rotation_matrices(pose_flat.reshape(frames, JOINTS, 3))
        feature = (rotations[:, 1:] - torch.eye(3, dtype=rotations.dtype, device=rotations.device)).reshape(frames, -1)
        v_posed = v_shaped + torch.einsum("bp,vip->bvi", feature, self.posedirs)
        turns, places = [rotations[:, 0]], [joints[:, 0]]
        for joint in range(1, JOINTS):
            parent = PARENTS[joint]
            bone = (joints[:, joint] - joints[:, parent])[..., None]
            places.append((turns[parent] @ bone)[..., 0] + places[parent])
            turns.append(turns[parent] @ rotations[:, joint])
        turn, place = torch.stack(turns, 1), torch.stack(places, 1)
        shift = place - torch.einsum("bjik,bjk->bji", turn, joints)
        blend_turn = torch.einsum("vj,bjik->bvik", self.weights, turn)
        blend_shift = torch.einsum("vj,bji->bvi", self.weights, shift)
        vertices = torch.einsum("bvik,bvk->bvi", blend_turn, v_posed) + blend_shift + transl[:, None]
        with_tips = torch.cat([place + transl[:, None], vertices[:, self.tip_vertices]], 1)
        return vertices, with_tips[:, self.op21]


def rotation_matrices(axis_angle: Float[torch.Tensor, "*N 3"]) -> Float[torch.Tensor, "*N 3 3"]:
    """Rodrigues in torch, with finite gradients at zero rotation."""
    x, y, z = axis_angle.unbind(-1)
    zero = torch.zeros_like(x)
    skew = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], -1).reshape(*axis_angle.shape, 3)
    square = (axis_angle * axis_angle).sum(-1)[..., None, None]
    small = square < 1e-6
    safe = torch.where(small, torch.ones_like(square), square)
    angle = safe.sqrt()
    first = torch.where(small, 1.0 - square / 6.0, torch.sin(angle) / angle)
    second = torch.where(small, 0.5 - square / 24.0, 2.0 * torch.sin(angle / 2).square() / safe)
    return torch.eye(3, dtype=axis_angle.dtype, device=axis_angle.device) + first * skew + second * (skew @ skew)
