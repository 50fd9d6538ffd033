"""Motion weights as published or as trained here: a whole transformer, or a base with a branch of its own
(published-weights.md).
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import ValidationError
from torch import Tensor

from pam_models.motion.configuration import PAM_CONDITIONS, TransformerConfig
from pam_models.motion.transformer import MultiConditionTransformer
from pam_models.zoo.registry import WeightsError
from pam_models.zoo.tensor_source import Expected, read_tensors
from pam_models.zoo.weights_file import fitting_tensors

EXPECTED = Expected(
    "a CogVideoX transformer with a control branch as safetensors", "huggingface.co/GasaiYU/PAM: dexycb_all_cond/"
)
EXPECTED_BASE = Expected("CogVideoX's transformer", "huggingface.co/THUDM/CogVideoX-5b-I2V: transformer/")
_PATCH = 2
_UNSEEN_SIZES = (
    "sample_width",
    "sample_height",
    "sample_frames",
    "max_text_seq_length",
    "temporal_compression_ratio",
    "spatial_interpolation_scale",
    "temporal_interpolation_scale",
    "patch_size_t",
    "patch_size",
    "flip_sin_to_cos",
    "freq_shift",
    "activation_fn",
    "timestep_activation_fn",
    "norm_eps",
    "use_rotary_positional_embeddings",
)


def load_transformer(
    source: Path | str | Mapping[str, Tensor],
    conditions: tuple[str, ...] | None = None,
    sizes: Mapping[str, Any] | None = None,
    *,
    base: Path | str | Mapping[str, Tensor] | None = None,
    headers_only: bool = False,
) -> MultiConditionTransformer:
    """Build the transformer whose weights `source` holds: a state dict, a safetensors file, an index, or a folder.

    Layers, widths, control blocks and slots are read from the tensors. `conditions` names the slots; five slots are the
    published order if it is left out. `sizes` gives what tensors do not say (sample sizes in latent pixels and pixel
    frames, text length, interpolation scales); by default the ``config.json`` beside the weights, else
    CogVideoX-5b-I2V's. With `base`, `source` is a branch alone (`branch_file`) and `base` a CogVideoX transformer.
    With `headers_only` no data is read and the model stays on the meta device: a check of names and shapes. Weights
    keep their dtype and are not copied. Raises WeightsError in one line for absent, unreadable or misfitting weights.
    """
    tensors = read_tensors(source, EXPECTED, headers_only)
    what = "the state dict" if isinstance(source, Mapping) else str(source)
    beside = source
    if base is not None:
        tensors = {**read_tensors(base, EXPECTED_BASE, headers_only), **tensors}
        what, beside = f"{what} with its base", base
    unseen = dict(sizes) if sizes is not None else _configured_sizes(beside)
    settings = settings_of(tensors, conditions, unseen)
    with torch.device("meta"):
        model = MultiConditionTransformer(settings)
    fitting = fitting_tensors(model, tensors, f"{what} (expected {EXPECTED})")
    model.load_state_dict(fitting, assign=True)
    return model.eval().requires_grad_(False)


def settings_of(
    tensors: Mapping[str, Tensor], conditions: tuple[str, ...] | None = None, sizes: Mapping[str, Any] | None = None
) -> TransformerConfig:
    """Read a transformer's sizes from its tensors; see `load_transformer`. Raises WeightsError if they tell none."""
    given = dict(sizes or {})
    try:
        projection = tensors["patch_embed.proj.weight"]
        width = projection.shape[0]
        head = tensors["transformer_blocks.0.attn1.norm_q.weight"].shape[0]
        slots = tensors["initial_combine_linear.weight"].shape[1] // width
        read = {
            **_patches(projection, tensors["proj_out.weight"], given),
            "text_embed_dim": tensors["patch_embed.text_proj.weight"].shape[1],
            "time_embed_dim": tensors["time_embedding.linear_2.weight"].shape[0],
        }
    except KeyError as error:
        raise WeightsError(
            f"no motion transformer with a control branch: the tensor {error} is absent; expected {EXPECTED}"
        ) from error
    names = conditions or (PAM_CONDITIONS if slots == len(PAM_CONDITIONS) else None)
    if names is None or len(names) != slots:
        raise WeightsError(f"the weights have {slots} condition slots; name as many, got {names}")
    ofs = tensors.get("ofs_embedding.linear_2.weight")
    encoders = {match[1] for key in tensors if (match := re.match(r"coordinate_encoders\.(.+?)\.", key))}
    try:
        return TransformerConfig.model_validate(
            {
                **given,
                **read,
                "conditions": names,
                "coordinate_conditions": tuple(name for name in names if name in encoders),
                "num_control_blocks": _blocks(tensors, "transformer_blocks_copy"),
                "num_layers": _blocks(tensors, "transformer_blocks"),
                "num_attention_heads": width // head,
                "attention_head_dim": head,
                "attention_bias": "transformer_blocks.0.attn1.to_q.bias" in tensors,
                "patch_bias": "patch_embed.proj.bias" in tensors,
                "norm_elementwise_affine": "norm_final.weight" in tensors,
                "ofs_embed_dim": None if ofs is None else ofs.shape[0],
                "use_learned_positional_embeddings": "patch_embed.pos_embedding" in tensors,
            }
        )
    except ValidationError as error:
        raise WeightsError(f"the weights' sizes make no transformer: {error.errors()[0]['msg']}") from error


def _patches(projection: Tensor, output: Tensor, given: Mapping[str, Any]) -> dict[str, Any]:
    """Channels and patch sizes: CogVideoX 1.0 projects by a convolution, 1.5 by a linear layer over two frames."""
    if projection.ndim == 4:
        patch, over_time, inputs = int(projection.shape[2]), None, int(projection.shape[1])
        area = patch**2
    else:
        patch, over_time = int(given.get("patch_size") or _PATCH), int(given.get("patch_size_t") or _PATCH)
        area = patch**2 * over_time
        inputs = projection.shape[1] // area
    return {
        "patch_size": patch,
        "patch_size_t": over_time,
        "in_channels": inputs,
        "out_channels": output.shape[0] // area,
    }


def _blocks(tensors: Mapping[str, Tensor], group: str) -> int:
    found = (re.match(rf"{group}\.(\d+)\.", key) for key in tensors)
    return 1 + max((int(match[1]) for match in found if match), default=-1)


def _configured_sizes(source: Path | str | Mapping[str, Tensor]) -> dict[str, Any]:
    if isinstance(source, Mapping):
        return {}
    place = Path(source)
    path = (place if place.is_dir() else place.parent) / "config.json"
    if not path.is_file():
        return {}
    try:
        stored = json.loads(path.read_text())
        return {name: stored[name] for name in _UNSEEN_SIZES if name in stored}
    except (ValueError, TypeError) as error:
        raise WeightsError(f"{path} is no model configuration: {error}") from error
