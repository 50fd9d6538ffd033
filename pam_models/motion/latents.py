"""What the motion transformer reads: latents of clips beside the latents of their first frames."""

from typing import Protocol

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor


class ClipAutoencoder(Protocol):
    """What turns clips into normalised latents and back: a `VideoAutoencoder`, or the SVD baselines' own."""

    @property
    def device(self) -> torch.device:
        """Where the weights are."""

    def encode(self, video_u8: UInt8[np.ndarray, "B T H W 3"]) -> Float[Tensor, "B C F h w"]:
        """Encode clips."""

    def decode(self, latents: Float[Tensor, "B C F h w"]) -> UInt8[np.ndarray, "B T H W 3"]:
        """Decode latents."""


def clip_latents(autoencoder: ClipAutoencoder, video: UInt8[np.ndarray, "B T H W 3"]) -> Float[Tensor, "B F C h w"]:
    """Encode clips, with latent frames before channels, as the transformer has them."""
    return autoencoder.encode(video).permute(0, 2, 1, 3, 4).contiguous()


def first_frame_latents(
    autoencoder: ClipAutoencoder, image: UInt8[np.ndarray, "B H W 3"], latent_frames: int
) -> Float[Tensor, "B F C h w"]:
    """Encode single pictures and pad with zeros to `latent_frames`."""
    return pad_first_frame(clip_latents(autoencoder, image[:, None]), latent_frames)


def pad_first_frame(first: Float[Tensor, "B 1 C h w"], latent_frames: int) -> Float[Tensor, "B F C h w"]:
    """Put one latent frame before zeros."""
    padding = first.new_zeros(first.shape[0], latent_frames - 1, *first.shape[2:])
    return torch.cat([first, padding], dim=1)


def condition_input(autoencoder: ClipAutoencoder, video: UInt8[np.ndarray, "B T H W 3"]) -> Float[Tensor, "B F C2 h w"]:
    """Encode a condition's clip and, on the channel axis beside it, its own first frame padded with zeros."""
    latents = clip_latents(autoencoder, video)
    return torch.cat([latents, first_frame_latents(autoencoder, video[:, 0], latents.shape[1])], dim=2)
