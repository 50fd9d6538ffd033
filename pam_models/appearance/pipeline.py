"""Condition pictures and a prompt in, a picture out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from pam_models.acceleration.options import RunOptions
from pam_models.acceleration.running import attention_kernel
from pam_models.appearance.batching import pictures_at_once
from pam_models.appearance.concatenated import ConcatenatedFlux, ProjectedHints, latent_hints_of
from pam_models.appearance.flow import euler, initial_noise, shifted_times
from pam_models.appearance.latents import pack, unpack
from pam_models.appearance.leading_latents import PictureAutoencoder, codec_for
from pam_models.appearance.modeling import AppearanceModel, ControlledFlux, EncodedHints, hints_of
from pam_models.autoencoder import VideoAutoencoder
from pam_models.autoencoder.configuration import SPATIAL_FACTOR
from pam_models.autoencoder.frames import image_to_tensor
from pam_models.autoencoder.threads import fixed_threads
from pam_models.zoo.room import free_bytes

_TEXT_TOKENS = 512


class TextEncoder(Protocol):
    """What turns prompts into tokens (B, L, D) and a pooled embedding (B, P)."""

    def encode(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Encode prompts in order."""


class AppearanceParts(Protocol):
    """The generator and the text encoder that it reads; an `AppearanceModel`, or the paper's pair."""

    @property
    def flux(self) -> ControlledFlux | ConcatenatedFlux:
        """The base with its conditions' way in."""

    @property
    def text(self) -> TextEncoder:
        """The text encoder."""


class AppearancePipeline:
    """Stage II. Each picture depends on its own seed, prompt and conditions alone.

    On a CPU a picture's bytes are the same in any batch and in a process of any number of threads: items are sampled
    one by one on one thread. On a GPU as many are sampled at once as its memory holds, and another batch composition
    may change last bits.
    """

    def __init__(
        self, model: AppearanceParts, autoencoder: PictureAutoencoder, options: RunOptions | None = None
    ) -> None:
        self.model = model
        self.autoencoder = autoencoder
        self.options = options or RunOptions()
        self._codec = autoencoder
        if isinstance(model, AppearanceModel):
            self._codec = codec_for(autoencoder, model.config.latent_channels, model.config.latent_scale)

    @classmethod
    def load(cls, source: str | Path = "demo", device: torch.device | str = "cpu") -> "AppearancePipeline":
        """Load "demo", or a folder with ``appearance/`` and ``autoencoder/`` in it, as `save` writes.

        Raises WeightsError if weights are absent, altered or do not fit.
        """
        if source == "demo":
            return cls(AppearanceModel.load("demo", device), VideoAutoencoder.load("demo", device))
        folder = Path(source)
        model = AppearanceModel.load(folder / "appearance", device)
        return cls(model, VideoAutoencoder.load(folder / "autoencoder", device))

    def save(self, directory: Path) -> None:
        """Write both models under `directory`. Raises TypeError for the paper's models, which have their own files."""
        if not isinstance(self.model, AppearanceModel) or not isinstance(self.autoencoder, VideoAutoencoder):
            raise TypeError("only an AppearanceModel with a VideoAutoencoder is saved here")
        self.model.save(directory / "appearance")
        self.autoencoder.save(directory / "autoencoder")

    @fixed_threads()
    @torch.inference_mode()
    def sample(
        self,
        conditions: Mapping[str, UInt8[np.ndarray, "B H W 3"]],
        prompts: Sequence[str],
        seeds: Sequence[int],
        steps: int = 20,
        guidance: float = 4.0,
    ) -> UInt8[np.ndarray, "B H W 3"]:
        """Sample one picture per seed; `guidance` is the embedded guidance scale, not a second pass.

        Raises ValueError if the counts or sizes disagree, or a condition or word is unknown.
        """
        self._check(conditions, prompts, seeds)
        size = self._at_once(conditions)
        items = [slice(start, start + size) for start in range(0, len(seeds), size)]
        return np.concatenate(
            [
                self._sample_at_once(
                    {name: picture[item] for name, picture in conditions.items()},
                    prompts[item],
                    seeds[item],
                    steps,
                    guidance,
                )
                for item in items
            ]
        )

    def _sample_at_once(
        self,
        conditions: Mapping[str, UInt8[np.ndarray, "B H W 3"]],
        prompts: Sequence[str],
        seeds: Sequence[int],
        steps: int,
        guidance: float,
    ) -> UInt8[np.ndarray, "B H W 3"]:
        device = self.autoencoder.device
        height, width = next(iter(conditions.values())).shape[1:3]
        hints = self._hints(conditions)
        text, pooled = self.model.text.encode(prompts)
        strength = torch.full((len(seeds),), guidance, device=device)
        shape = (self._codec.latent_channels, height // SPATIAL_FACTOR, width // SPATIAL_FACTOR)
        patch = self.model.flux.patch
        noise = pack(initial_noise(shape, seeds, device), patch)

        def flow(tokens: Tensor, times: Tensor) -> Tensor:
            with attention_kernel(self.options.attention):
                predicted: Tensor = self.model.flux(tokens, hints, text, pooled, times, strength)
            return predicted.float()

        tokens = euler(flow, noise, shifted_times(steps, noise.shape[1]))
        latents = unpack(tokens, shape[1], shape[2], patch)[:, :, None]
        return self._codec.decode(latents)[:, 0]

    def _hints(self, conditions: Mapping[str, UInt8[np.ndarray, "B H W 3"]]) -> EncodedHints | ProjectedHints:
        flux, device = self.model.flux, self.autoencoder.device
        if isinstance(flux, ConcatenatedFlux):
            # The paper's variant has no slot for normals; the pictures that it knows go through the autoencoder.
            known = {name: picture for name, picture in conditions.items() if name in flux.conditions}
            latents = {name: self._codec.encode(picture[:, None])[:, :, 0] for name, picture in known.items()}
            return flux.encode_hints(latent_hints_of(latents, flux.conditions))
        return flux.encode_hints(
            hints_of({name: image_to_tensor(picture, device) for name, picture in conditions.items()})
        )

    def _at_once(self, conditions: Mapping[str, UInt8[np.ndarray, "B H W 3"]]) -> int:
        """One on a CPU, for bytes that do not depend on the batch; on a GPU as many as fit."""
        device, base = self.autoencoder.device, self.model.flux.base
        free = None if device.type == "cpu" else free_bytes(device)
        if free is None:
            return 1
        height, width = next(iter(conditions.values())).shape[1:3]
        tokens = height * width // (SPATIAL_FACTOR * self.model.flux.patch) ** 2 + _TEXT_TOKENS
        return pictures_at_once(tokens, base.inner_dim, height, width, free, base.proj_out.weight.element_size())

    @staticmethod
    def _check(conditions: Mapping[str, np.ndarray], prompts: Sequence[str], seeds: Sequence[int]) -> None:
        batch = len(seeds)
        if len(prompts) != batch or batch == 0 or not conditions:
            raise ValueError(
                f"{batch} seeds, {len(prompts)} prompts, {len(conditions)} conditions: one seed and prompt each, "
                "and at least one condition"
            )
        height, width = next(iter(conditions.values())).shape[1:3]
        for name, picture in conditions.items():
            if picture.shape != (batch, height, width, 3):
                raise ValueError(f"condition {name} has shape {picture.shape}, expected {(batch, height, width, 3)}")
