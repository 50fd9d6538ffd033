"""The paper's Stage III at full size, from files that the user brings."""

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from torch import nn

from pam_models.appearance.paper_text import PaperText, load_t5
from pam_models.autoencoder import VideoAutoencoder
from pam_models.motion.parts import TransformerParts
from pam_models.motion.pipeline import MotionPipeline
from pam_models.motion.published import load_transformer
from pam_models.motion.transformer import MultiConditionTransformer
from pam_models.zoo.registry import WeightsError, spec

NEGATIVE_PROMPT = (
    "The video is not of a high quality, it has a low resolution. Watermark present in each frame. "
    "The background is solid. Strange body and strange trajectory. Distortion."
)
"""The official negative prompt (pam-system.md section 1)."""

TEXT_LENGTH = 226


@dataclass(frozen=True)
class PaperMotion(TransformerParts):
    """The full-size transformer and T5."""

    transformer: MultiConditionTransformer
    text: PaperText


def load_paper_pipeline(base: Path, weights: Path, device: torch.device | str = "cuda") -> MotionPipeline:
    """Load CogVideoX-5b-I2V from `base` (diffusers' layout: vae, text_encoder, tokenizer) with PAM's `weights` in bf16.

    `weights` is a folder such as ``dexycb_all_cond`` and holds the whole transformer, so the base's own is not read.
    The parts are tested at small size only; the full-size assembly has not been run here. Sample it with
    ``guidance=6, steps=50, schedule="pam"`` for the official behaviour.
    Raises WeightsError for absent files and MissingExtraError without `transformers`.
    """
    if not (base / "vae").is_dir():
        raise WeightsError(f"{base / 'vae'} is absent: {spec('cogvideox-5b-i2v').where_from} was expected at {base}")
    text = PaperText(load_t5(base / "text_encoder", base / "tokenizer", TEXT_LENGTH, device))
    transformer = load_transformer(weights)
    nn.Module.to(transformer, device, torch.bfloat16)
    vae: AutoencoderKLCogVideoX = AutoencoderKLCogVideoX.from_pretrained(base / "vae", torch_dtype=torch.bfloat16)
    autoencoder = VideoAutoencoder.around(vae).eval().requires_grad_(False).to(device)
    return MotionPipeline(PaperMotion(transformer, text), autoencoder, NEGATIVE_PROMPT)
