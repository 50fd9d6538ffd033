"""Published appearance weights: both control branches in one torch file (published-weights.md)."""

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from pam_models.appearance.configuration import ControlBranchConfig
from pam_models.appearance.control_branch import ControlBranch
from pam_models.zoo.registry import WeightsError
from pam_models.zoo.tensor_source import Expected, read_tensors
from pam_models.zoo.weights_file import fitting_tensors

EXPECTED = Expected(
    "both control branches in one controlnet.bin", "huggingface.co/GasaiYU/PAM: appearance_gen/", torch_files=True
)
BRANCH_PREFIXES = ("controlnet1.", "controlnet2.")
_PUBLISHED_AXES = (16, 56, 56)


def load_branches(
    source: Path | str | Mapping[str, Tensor],
    axes_dim: tuple[int, int, int] = _PUBLISHED_AXES,
    *,
    headers_only: bool = False,
) -> tuple[ControlBranch, ControlBranch]:
    """Build the two branches that `source` holds: a ``controlnet.bin``, a safetensors file, a folder, a state dict.

    All sizes but `axes_dim`, the split of a head's width over the rotary axes, are read from the tensors. With
    `headers_only` no data is read and the branches stay on the meta device. Weights keep their dtype and are not
    copied. Raises WeightsError in one line for absent, unreadable or misfitting weights.
    """
    what = "the state dict" if isinstance(source, Mapping) else str(source)
    tensors = read_tensors(source, EXPECTED, headers_only)
    stray = sorted(key for key in tensors if not key.startswith(BRANCH_PREFIXES))
    if stray:
        raise WeightsError(
            f"{what}: {stray[0]} belongs to neither branch; keys begin with {' or '.join(BRANCH_PREFIXES)}"
        )
    first, second = (_branch(tensors, prefix, axes_dim, what) for prefix in BRANCH_PREFIXES)
    return first, second


def load_branch(
    tensors: Mapping[str, Tensor], axes_dim: tuple[int, int, int] = _PUBLISHED_AXES, what: str = "the state dict"
) -> ControlBranch:
    """Build one branch from its own state dict, without prefix. Raises WeightsError if it does not fit."""
    with torch.device("meta"):
        branch = ControlBranch(branch_config_of(tensors, axes_dim, what))
    branch.load_state_dict(fitting_tensors(branch, tensors, what), assign=True)
    return branch.eval().requires_grad_(False)


def branch_config_of(
    tensors: Mapping[str, Tensor], axes_dim: tuple[int, int, int] = _PUBLISHED_AXES, what: str = "the state dict"
) -> ControlBranchConfig:
    """Read a branch's sizes from its tensors. Raises WeightsError if they tell none."""
    try:
        width, in_channels = tensors["img_in.weight"].shape
        head = tensors["double_blocks.0.img_attn.norm.query_norm.scale"].shape[0]
        values = {
            "in_channels": in_channels,
            "hidden_size": width,
            "vec_in_dim": tensors["vector_in.in_layer.weight"].shape[1],
            "context_in_dim": tensors["txt_in.weight"].shape[1],
            "mlp_ratio": tensors["double_blocks.0.img_mlp.0.weight"].shape[0] / width,
            "condition_in_channels": tensors["input_hint_block.0.weight"].shape[1],
        }
    except KeyError as error:
        raise WeightsError(f"{what} has no control branch: the tensor {error} is absent") from error
    blocks = {int(match[1]) for key in tensors if (match := re.match(r"double_blocks\.(\d+)\.", key))}
    try:
        return ControlBranchConfig.model_validate(
            {
                **values,
                "num_heads": width // head,
                "axes_dim": axes_dim,
                "qkv_bias": "double_blocks.0.img_attn.qkv.bias" in tensors,
                "guidance_embed": "guidance_in.in_layer.weight" in tensors,
                "controlnet_depth": len(blocks),
            }
        )
    except ValueError as error:
        raise WeightsError(f"{what}: {error}") from error


def _branch(tensors: Mapping[str, Tensor], prefix: str, axes_dim: tuple[int, int, int], what: str) -> ControlBranch:
    own = {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}
    return load_branch(own, axes_dim, f"{what} ({prefix}*)")
