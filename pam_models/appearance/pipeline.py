"""Condition pictures and a prompt in, a picture out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from pam_models.appearance.flow import euler, initial_noise, shifted_times
from pam_models.appearance.latents import pack, unpack
from pam_models.appearance.modeling import AppearanceModel, ControlledFlux, hints_of
from pam_models.autoencoder import VideoAutoencoder
from pam_models.autoencoder.configuration import SPATIAL_FACTOR
from pam_models.autoencoder.frames import image_to_tensor
from pam_models.autoencoder.threads import fixed_threads


class TextEncoder(Protocol):
    """What turns prompts into tokens (B, L, D) and a pooled embedding (B, P)."""

    def encode(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Encode prompts in order."""


class AppearanceParts(Protocol):
    """The generator and the text encoder that it reads; an `AppearanceModel`, or the paper's pair."""

    @property
    def flux(self) -> ControlledFlux:
        """The base with its branches."""

    @property
    def text(self) -> TextEncoder:
        """The text encoder."""


class PictureAutoencoder(Protocol):
    """What turns normalised latents (B, C, 1, h, w) into pictures (B, 1, H, W, 3); factor 8."""

    @property
    def device(self) -> torch.device:
        """Where the weights are."""

    @property
    def latent_channels(self) -> int:
        """C."""

    def decode(self, latents: Tensor) -> UInt8[np.ndarray, "B 1 H W 3"]:
        """Decode latents."""


class AppearancePipeline:
    """Stage II. Each picture depends on its own seed, prompt and conditions alone.

    On a CPU a picture's bytes are the same in any batch and in a process of any number of threads: items are sampled
    one by one on one thread. On a GPU the batch is sampled at once, and another batch composition may change last bits.
    """

    def __init__(self, model: AppearanceParts, autoencoder: PictureAutoencoder) -> None:
        self.model = model
        self.autoencoder = autoencoder

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
        if self.autoencoder.device.type != "cpu":
            return self._sample_at_once(conditions, prompts, seeds, steps, guidance)
        items = [slice(index, index + 1) for index in range(len(seeds))]
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
        hints = self.model.flux.encode_hints(
            hints_of({name: image_to_tensor(picture, device) for name, picture in conditions.items()})
        )
        text, pooled = self.model.text.encode(prompts)
        strength = torch.full((len(seeds),), guidance, device=device)
        shape = (self.autoencoder.latent_channels, height // SPATIAL_FACTOR, width // SPATIAL_FACTOR)
        patch = self.model.flux.patch
        noise = pack(initial_noise(shape, seeds, device), patch)

        def flow(tokens: Tensor, times: Tensor) -> Tensor:
            predicted: Tensor = self.model.flux(tokens, hints, text, pooled, times, strength)
            return predicted.float()

        tokens = euler(flow, noise, shifted_times(steps, noise.shape[1]))
        latents = unpack(tokens, shape[1], shape[2], patch)[:, :, None]
        return self.autoencoder.decode(latents)[:, 0]

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
