"""A control branch that starts as a copy of the base: diffusers' Flux tensors under Black Forest Labs' names."""

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from torch import Tensor

from pam_models.appearance.control_branch import ControlBranch

_EMBEDDERS = {
    "img_in": "x_embedder",
    "txt_in": "context_embedder",
    "time_in.in_layer": "time_text_embed.timestep_embedder.linear_1",
    "time_in.out_layer": "time_text_embed.timestep_embedder.linear_2",
    "guidance_in.in_layer": "time_text_embed.guidance_embedder.linear_1",
    "guidance_in.out_layer": "time_text_embed.guidance_embedder.linear_2",
    "vector_in.in_layer": "time_text_embed.text_embedder.linear_1",
    "vector_in.out_layer": "time_text_embed.text_embedder.linear_2",
}
_BLOCK_LINEARS = {
    "img_mod.lin": ("norm1.linear",),
    "txt_mod.lin": ("norm1_context.linear",),
    "img_attn.qkv": ("attn.to_q", "attn.to_k", "attn.to_v"),
    "txt_attn.qkv": ("attn.add_q_proj", "attn.add_k_proj", "attn.add_v_proj"),
    "img_attn.proj": ("attn.to_out.0",),
    "txt_attn.proj": ("attn.to_add_out",),
    "img_mlp.0": ("ff.net.0.proj",),
    "img_mlp.2": ("ff.net.2",),
    "txt_mlp.0": ("ff_context.net.0.proj",),
    "txt_mlp.2": ("ff_context.net.2",),
}
_BLOCK_SCALES = {
    "img_attn.norm.query_norm.scale": "attn.norm_q.weight",
    "img_attn.norm.key_norm.scale": "attn.norm_k.weight",
    "txt_attn.norm.query_norm.scale": "attn.norm_added_q.weight",
    "txt_attn.norm.key_norm.scale": "attn.norm_added_k.weight",
}


def base_tensors_for_branch(base: FluxTransformer2DModel, blocks: int) -> dict[str, Tensor]:
    """Return the base's embedders and first double blocks under the branch's names."""
    own = base.state_dict()
    renamed: dict[str, Tensor] = {}
    for target, source in _EMBEDDERS.items():
        for kind in ("weight", "bias"):
            if f"{source}.{kind}" in own:
                renamed[f"{target}.{kind}"] = own[f"{source}.{kind}"]
    for index in range(blocks):
        ours, theirs = f"double_blocks.{index}", f"transformer_blocks.{index}"
        for target, sources in _BLOCK_LINEARS.items():
            for kind in ("weight", "bias"):
                parts = [own[f"{theirs}.{source}.{kind}"] for source in sources]
                renamed[f"{ours}.{target}.{kind}"] = torch.cat(parts)
        for target, source in _BLOCK_SCALES.items():
            renamed[f"{ours}.{target}"] = own[f"{theirs}.{source}"]
    return renamed


def start_from_base(branch: ControlBranch, base: FluxTransformer2DModel) -> None:
    """Copy the base into the branch; hint encoder and outputs stay as they are (pam-system.md section 2)."""
    renamed = base_tensors_for_branch(base, len(branch.double_blocks))
    branch.load_state_dict({**branch.state_dict(), **renamed})
