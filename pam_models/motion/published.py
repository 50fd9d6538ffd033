"""Published motion weights: a whole transformer in sharded safetensors (published-weights.md)."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from pam_models.motion.configuration import PAM_CONDITIONS, TransformerConfig
from pam_models.motion.transformer import MultiConditionTransformer
from pam_models.zoo.registry import WeightsError
from pam_models.zoo.weights_file import fitting_tensors

INDEX_FILE = "diffusion_pytorch_model.safetensors.index.json"
SINGLE_FILE = "diffusion_pytorch_model.safetensors"
_UNSEEN_SIZES = (
    "sample_width",
    "sample_height",
    "sample_frames",
    "max_text_seq_length",
    "temporal_compression_ratio",
    "spatial_interpolation_scale",
    "temporal_interpolation_scale",
)


def load_transformer(
    source: Path | Mapping[str, Tensor],
    conditions: tuple[str, ...] | None = None,
    sizes: Mapping[str, Any] | None = None,
) -> MultiConditionTransformer:
    """Build the transformer that `source`, a folder of shards or a state dict, holds the weights of.

    Layers, widths, control blocks and slots are read from the tensors. `conditions` names the slots; five slots are the
    published order if it is left out. `sizes` gives what tensors do not say (sample sizes in latent pixels and pixel
    frames, text length, interpolation scales); by default the folder's ``config.json``, else CogVideoX-5b-I2V's.
    Weights keep their dtype and are not copied. Raises WeightsError for absent, unreadable or misfitting weights.
    """
    if isinstance(source, Mapping):
        tensors, unseen, what = dict(source), dict(sizes or {}), "the state dict"
    else:
        tensors, what = read_shards(source), str(source)
        unseen = dict(sizes) if sizes is not None else _configured_sizes(source)
    settings = settings_of(tensors, conditions, unseen)
    with torch.device("meta"):
        model = MultiConditionTransformer(settings)
    model.load_state_dict(fitting_tensors(model, tensors, what), assign=True)
    return model.eval().requires_grad_(False)


def read_shards(folder: Path) -> dict[str, Tensor]:
    """Read every shard that the folder's index names, or its single file. Raises WeightsError if one is absent."""
    index = folder / INDEX_FILE
    if index.is_file():
        try:
            files = sorted(set(json.loads(index.read_text())["weight_map"].values()))
        except (ValueError, KeyError, AttributeError) as error:
            raise WeightsError(f"{index} is no index of shards: {error!r}") from error
    else:
        files = [SINGLE_FILE]
    tensors: dict[str, Tensor] = {}
    for name in files:
        path = folder / name
        if path.parent != folder or path.suffix != ".safetensors":
            raise WeightsError(f"{index} names the shard {name!r}: only .safetensors files beside it are read")
        if not path.is_file():
            raise WeightsError(f"{path} is absent: the motion weights are a folder with {INDEX_FILE} and its shards")
        try:
            tensors.update(load_file(path))
        except SafetensorError as error:
            raise WeightsError(f"{path} is no safetensors file ({error}); fetch it again") from error
    return tensors


def settings_of(
    tensors: Mapping[str, Tensor], conditions: tuple[str, ...] | None = None, sizes: Mapping[str, Any] | None = None
) -> TransformerConfig:
    """Read a transformer's sizes from its tensors; see `load_transformer`. Raises WeightsError if they tell none."""
    try:
        width, latents, patch, _ = tensors["patch_embed.proj.weight"].shape
        head = tensors["transformer_blocks.0.attn1.norm_q.weight"].shape[0]
        slots = tensors["initial_combine_linear.weight"].shape[1] // width
        outputs = tensors["proj_out.weight"].shape[0] // patch**2
        text_width = tensors["patch_embed.text_proj.weight"].shape[1]
        time_width = tensors["time_embedding.linear_2.weight"].shape[0]
    except KeyError as error:
        raise WeightsError(f"no motion transformer with a control branch: the tensor {error} is absent") from error
    names = conditions or (PAM_CONDITIONS if slots == len(PAM_CONDITIONS) else None)
    if names is None or len(names) != slots:
        raise WeightsError(f"the weights have {slots} condition slots; name as many, got {names}")
    return TransformerConfig.model_validate(
        {
            **(sizes or {}),
            "conditions": names,
            "num_control_blocks": _blocks(tensors, "transformer_blocks_copy"),
            "num_layers": _blocks(tensors, "transformer_blocks"),
            "num_attention_heads": width // head,
            "attention_head_dim": head,
            "in_channels": latents,
            "out_channels": outputs,
            "patch_size": patch,
            "text_embed_dim": text_width,
            "time_embed_dim": time_width,
            "use_learned_positional_embeddings": "patch_embed.pos_embedding" in tensors,
        }
    )


def _blocks(tensors: Mapping[str, Tensor], group: str) -> int:
    found = (re.match(rf"{group}\.(\d+)\.", key) for key in tensors)
    return 1 + max((int(match[1]) for match in found if match), default=-1)


def _configured_sizes(folder: Path) -> dict[str, Any]:
    path = folder / "config.json"
    if not path.is_file():
        return {}
    try:
        stored = json.loads(path.read_text())
        return {name: stored[name] for name in _UNSEEN_SIZES if name in stored}
    except (ValueError, TypeError) as error:
        raise WeightsError(f"{path} is no model configuration: {error}") from error
