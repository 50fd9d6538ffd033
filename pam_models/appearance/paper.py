"""The paper's Stage II at full size, from files that the user brings."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from jaxtyping import Float, UInt8
from torch import Tensor

from pam_models.appearance.modeling import ControlledFlux
from pam_models.appearance.paper_text import PaperText, load_clip, load_t5
from pam_models.appearance.pipeline import AppearancePipeline
from pam_models.appearance.published import load_branches
from pam_models.autoencoder.frames import tensor_to_video
from pam_models.zoo.registry import WeightsError, spec

TEXT_LENGTH = 512


class FluxPictures:
    """Flux's picture autoencoder behind the pipeline's interface."""

    def __init__(self, model: AutoencoderKL) -> None:
        self._model = model

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = self._model.device
        return device

    @property
    def latent_channels(self) -> int:
        """Channels of the latents: 16."""
        settings: Any = self._model.config
        return int(settings.latent_channels)

    @torch.inference_mode()
    def decode(self, latents: Float[Tensor, "B C 1 h w"]) -> UInt8[np.ndarray, "B 1 H W 3"]:
        """Decode normalised latents, one picture at a time."""
        settings: Any = self._model.config
        raw = (latents[:, :, 0] / settings.scaling_factor + settings.shift_factor).to(self._model.dtype)
        pictures = torch.cat([self._model.decode(one).sample for one in torch.split(raw, 1)])
        return tensor_to_video(pictures[:, :, None])


@dataclass(frozen=True)
class PaperAppearance:
    """FLUX.1-dev with its branches, T5 and CLIP."""

    flux: ControlledFlux
    text: PaperText


def load_paper_pipeline(base: Path, weights: Path, device: torch.device | str = "cuda") -> AppearancePipeline:
    """Load FLUX.1-dev from `base` (diffusers' layout) with PAM's ``controlnet.bin`` at `weights`, all in bfloat16.

    The parts are tested at small size only; the full-size assembly has not been run here. Sample it with
    ``guidance=4, steps=28``. Raises WeightsError for absent files and MissingExtraError without `transformers`.
    """
    for name in ("transformer", "vae"):
        if not (base / name).is_dir():
            raise WeightsError(f"{base / name} is absent: {spec('flux-1-dev').where_from} was expected at {base}")
    t5 = load_t5(base / "text_encoder_2", base / "tokenizer_2", TEXT_LENGTH, device)
    text = PaperText(t5, load_clip(base / "text_encoder", base / "tokenizer", device))
    transformer = FluxTransformer2DModel.from_pretrained(base / "transformer", torch_dtype=torch.bfloat16)
    first, second = load_branches(weights, tuple(transformer.config.axes_dims_rope))
    flux = ControlledFlux(transformer, first, second).eval().requires_grad_(False)
    vae = AutoencoderKL.from_pretrained(base / "vae", torch_dtype=torch.bfloat16).eval().to(device)
    return AppearancePipeline(PaperAppearance(flux.to(device=device, dtype=torch.bfloat16), text), FluxPictures(vae))
