"""An autoencoder of which a picture model paints the leading channels alone.

The demo's codec orders its channels by how much of a picture they say. Pictures need fewer of them than clips that move
fast do, and a narrow token stream learns few channels sooner (docs/adr/0005).
"""

from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor


class PictureAutoencoder(Protocol):
    """What turns normalised latents (B, C, 1, h, w) into pictures (B, 1, H, W, 3); factor 8."""

    @property
    def device(self) -> torch.device:
        """Where the weights are."""

    @property
    def latent_channels(self) -> int:
        """C."""

    def encode(self, video_u8: UInt8[np.ndarray, "B 1 H W 3"]) -> Tensor:
        """Encode pictures to normalised latents (B, C, 1, h, w)."""

    def decode(self, latents: Tensor) -> UInt8[np.ndarray, "B 1 H W 3"]:
        """Decode latents."""


class LeadingLatents:
    """The first `channels` of an autoencoder's latents, times `scale`; the others are their mean, zero."""

    def __init__(self, autoencoder: PictureAutoencoder, channels: int, scale: float) -> None:
        self._autoencoder = autoencoder
        self._channels = channels
        self._scale = scale

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self._autoencoder.device

    @property
    def latent_channels(self) -> int:
        """The leading channels alone."""
        return self._channels

    def encode(self, video_u8: UInt8[np.ndarray, "B 1 H W 3"]) -> Float[Tensor, "B C 1 h w"]:
        """Encode pictures and keep what leads."""
        return self.leading(self._autoencoder.encode(video_u8))

    def decode(self, latents: Float[Tensor, "B C 1 h w"]) -> UInt8[np.ndarray, "B 1 H W 3"]:
        """Decode pictures whose other channels are at their mean."""
        others = self._autoencoder.latent_channels - self._channels
        rest = latents.new_zeros(latents.shape[0], others, *latents.shape[2:])
        return self._autoencoder.decode(torch.cat([latents / self._scale, rest], dim=1))

    def leading(self, latents: Float[Tensor, "B D ..."]) -> Float[Tensor, "B C ..."]:
        """What a model learns from an autoencoder's latents."""
        return latents[:, : self._channels] * self._scale


def codec_for(autoencoder: PictureAutoencoder, channels: int, scale: float) -> PictureAutoencoder:
    """The autoencoder itself where a model paints all of its channels as they are; raises ValueError for too many."""
    if channels > autoencoder.latent_channels:
        raise ValueError(f"a model of {channels} channels does not fit an autoencoder of {autoencoder.latent_channels}")
    if channels == autoencoder.latent_channels and scale == 1.0:
        return autoencoder
    return LeadingLatents(autoencoder, channels, scale)
