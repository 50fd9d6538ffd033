"""The equations of `skinning` as a differentiable torch layer, apart so that numpy alone needs no torch in memory."""

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from pam_models.hand.conventions import MANO21_TO_OP21
from pam_models.hand.model import JOINTS, PARENTS, HandModel


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
