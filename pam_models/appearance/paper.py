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

from pam_models.acceleration.options import RunOptions
from pam_models.acceleration.running import check_options, speed_up
from pam_models.appearance.modeling import ControlledFlux
from pam_models.appearance.paper_text import PaperText, load_clip, load_t5, require_transformers
from pam_models.appearance.pipeline import AppearancePipeline
from pam_models.appearance.published import EXPECTED, load_branches
from pam_models.autoencoder.frames import tensor_to_video, video_to_tensor
from pam_models.zoo.model_folder import check_parts, read_config
from pam_models.zoo.registry import WeightsError, spec
from pam_models.zoo.room import check_room
from pam_models.zoo.tensor_source import size_in_bytes

TEXT_LENGTH = 512
_PUBLISHED_AXES = (16, 56, 56)


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
    def encode(self, video_u8: UInt8[np.ndarray, "B 1 H W 3"]) -> Float[Tensor, "B C 1 h w"]:
        """Encode pictures to normalised latents, the posterior's mode."""
        settings: Any = self._model.config
        pictures = video_to_tensor(video_u8, self.device)[:, :, 0].to(self._model.dtype)
        raw = torch.cat([self._model.encode(one).latent_dist.mode() for one in torch.split(pictures, 1)])
        latents: Tensor = (raw.float() - settings.shift_factor) * settings.scaling_factor
        return latents[:, :, None]

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


def check_paper_files(base: Path, weights: Path, device: torch.device | str = "cpu") -> None:
    """Look at everything `load_paper_pipeline` would read, by headers alone, and at the memory that it would take.

    Raises WeightsError or MissingExtraError in one line: what is absent, misfits or is a pickle, what was expected and
    where to get it.
    """
    models = ("transformer", "vae", "text_encoder", "text_encoder_2")
    needed = check_parts(base, models, ("tokenizer", "tokenizer_2"), spec("flux-1-dev").where_from)
    flux = read_config(base / "transformer")
    first, second = load_branches(weights, tuple(flux.get("axes_dims_rope", _PUBLISHED_AXES)), headers_only=True)
    width = flux.get("num_attention_heads", 24) * flux.get("attention_head_dim", 128)
    if first.config.hidden_size != width:
        raise WeightsError(
            f"{weights} is for a Flux of width {first.config.hidden_size}, {base} has {width}: expected {EXPECTED}"
        )
    require_transformers()
    branches = [value.to(torch.bfloat16) for branch in (first, second) for value in branch.state_dict().values()]
    total = needed + size_in_bytes({str(index): value for index, value in enumerate(branches)})
    check_room(total, "FLUX.1-dev with PAM's branches", device)


def load_paper_pipeline(
    base: Path, weights: Path, device: torch.device | str = "cuda", options: RunOptions | None = None
) -> AppearancePipeline:
    """Load FLUX.1-dev from `base` (diffusers' layout) with PAM's ``controlnet.bin`` at `weights`, all in bfloat16.

    The parts are tested at small size only; the full-size assembly has not been run here. Sample it with
    ``guidance=4, steps=28``. Raises WeightsError for absent files, MissingExtraError without `transformers` and
    ValueError for `options` that the device cannot do.
    """
    for name in ("transformer", "vae"):
        if not (base / name).is_dir():
            raise WeightsError(f"{base / name} is absent: {spec('flux-1-dev').where_from} was expected at {base}")
    chosen = options or RunOptions()
    check_options(chosen, device)
    t5 = load_t5(base / "text_encoder_2", base / "tokenizer_2", TEXT_LENGTH, device)
    text = PaperText(t5, load_clip(base / "text_encoder", base / "tokenizer", device))
    transformer = FluxTransformer2DModel.from_pretrained(
        base / "transformer", torch_dtype=torch.bfloat16, use_safetensors=True
    )
    first, second = load_branches(weights, tuple(transformer.config.axes_dims_rope))
    flux = ControlledFlux(transformer, first, second).eval().requires_grad_(False)
    flux.to(device=device, dtype=torch.bfloat16)
    speed_up(flux, chosen, device)
    vae = AutoencoderKL.from_pretrained(base / "vae", torch_dtype=torch.bfloat16, use_safetensors=True)
    pictures = FluxPictures(vae.eval().to(device))
    return AppearancePipeline(PaperAppearance(flux, text), pictures, chosen)
