"""What of a motion model is trained: the demo's small one whole, or the control branch on a frozen CogVideoX."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import torch
from torch import Tensor, nn

from pam_models.appearance.paper_text import PaperText, load_t5
from pam_models.appearance.word_encoder import WordEncoder
from pam_models.motion.configuration import MotionConfig
from pam_models.motion.denoiser import predict_velocity
from pam_models.motion.modeling import MotionModel
from pam_models.motion.paper import TEXT_LENGTH
from pam_models.motion.parts import MotionParts, TransformerParts
from pam_models.motion.published import EXPECTED_BASE, load_transformer
from pam_models.motion.svd import SvdConfig, SvdModel
from pam_models.motion.transformer import MultiConditionTransformer
from pam_models.training.prompts import CachedPrompts, LearntWords, PromptReader
from pam_models.zoo.registry import WeightsError, spec
from pam_models.zoo.tensor_source import read_tensors

CONTROL_BLOCKS = 12
"""As published (pam-system.md section 3)."""


class Velocity(Protocol):
    """Noisy latents, padded first frame, timesteps, text tokens and condition inputs in, v out."""

    def __call__(
        self,
        noisy: Tensor,
        first_frame: Tensor,
        timestep: Tensor,
        text_tokens: Tensor,
        conditions: Mapping[str, Tensor],
        *,
        moments: Sequence[int] | None = None,
        cut_out: bool = False,
    ) -> Tensor:
        """Predict v; `moments` are the latent frames' places in time; a `cut_out` is a part of the picture."""


@dataclass(frozen=True)
class MotionLearner:
    """How v is predicted, the prompts, the modules that hold what is trained, and what a pipeline samples from."""

    velocity: Velocity
    prompts: PromptReader
    modules: Mapping[str, nn.Module]
    parts: MotionParts
    predicts_clean: bool = False


@dataclass(frozen=True)
class FrozenBaseParts(TransformerParts):
    """The transformer and the cached prompts, as a pipeline reads them."""

    transformer: MultiConditionTransformer
    text: CachedPrompts


def whole_model(config: MotionConfig, *, gradient_checkpointing: bool = False) -> MotionLearner:
    """A small model with fresh weights, trained whole with its word encoder."""
    model = MotionModel(config)
    if gradient_checkpointing:
        model.transformer.enable_gradient_checkpointing()
    words = model.text
    assert isinstance(words, WordEncoder)
    predicts_clean = config.transformer.predicts == "clean"
    return MotionLearner(model, LearntWords(words), {"model": model}, model, predicts_clean)


def whole_svd(config: SvdConfig, *, gradient_checkpointing: bool = False) -> MotionLearner:
    """A small SVD baseline with fresh weights, trained whole on whole clips; it reads no prompt."""
    model = SvdModel(config)
    if gradient_checkpointing:
        model.unet.enable_gradient_checkpointing()
    return MotionLearner(model, LearntWords(model.text), {"model": model}, model)


def branch_on_frozen_base(
    base: Path, conditions: tuple[str, ...], cache: Path, *, gradient_checkpointing: bool = True
) -> MotionLearner:
    """A fresh control branch on the CogVideoX of a folder in diffusers' layout, everything else frozen, in bfloat16.

    Prompts are embedded once by the folder's T5 and kept under `cache`. Raises WeightsError where files are absent.
    """
    folder = base / "transformer"
    if not folder.is_dir():
        raise WeightsError(f"{folder} is absent: {spec('cogvideox-5b-i2v').where_from} was expected at {base}")
    transformer = transformer_with_new_branch(folder, conditions, CONTROL_BLOCKS)
    if gradient_checkpointing:
        transformer.enable_gradient_checkpointing()

    def open_encoder() -> PaperText:
        return PaperText(load_t5(base / "text_encoder", base / "tokenizer", TEXT_LENGTH, "cpu"))

    prompts = CachedPrompts(cache, f"t5@{base.name}@{TEXT_LENGTH}", open_encoder)
    parts = FrozenBaseParts(transformer, prompts)
    return MotionLearner(partial(predict_velocity, transformer), prompts, {"model": transformer}, parts)


def transformer_with_new_branch(
    base: Path | Mapping[str, Tensor],
    conditions: Sequence[str],
    blocks: int,
    sizes: Mapping[str, object] | None = None,
) -> MultiConditionTransformer:
    """A base with a branch whose blocks are copies and whose outputs are zero; only the branch is trained.

    `base` is a folder in diffusers' layout or a state dict; `sizes` are as `load_transformer` takes them. Raises
    WeightsError when it is another model's.
    """
    tensors = read_tensors(base, EXPECTED_BASE)
    if "proj_out.weight" not in tensors:
        raise WeightsError(f"the base is no CogVideoX transformer: proj_out.weight is absent, expected {EXPECTED_BASE}")
    width, dtype = tensors["proj_out.weight"].shape[1], tensors["proj_out.weight"].dtype
    branch: dict[str, Tensor] = {}
    for index in range(blocks):
        own = f"transformer_blocks.{index}."
        for name in [name for name in tensors if name.startswith(own)]:
            branch[f"transformer_blocks_copy.{index}.{name.removeprefix(own)}"] = tensors[name].clone()
        branch |= _zero_linear(f"combine_linears.{index}", width, width, dtype)
    branch |= _zero_linear("initial_combine_linear", len(conditions) * width, width, dtype)
    transformer = load_transformer(branch, tuple(conditions), sizes, base=base)
    for parameter in transformer.control_parameters().values():
        parameter.requires_grad_(True)
    return transformer.train()


def _zero_linear(name: str, inputs: int, outputs: int, dtype: torch.dtype) -> dict[str, Tensor]:
    return {
        f"{name}.weight": torch.zeros(outputs, inputs, dtype=dtype),
        f"{name}.bias": torch.zeros(outputs, dtype=dtype),
    }
