import numpy as np
import pytest
import torch
from torch import Tensor

from pam_models.appearance.leading_latents import LeadingLatents, codec_for


class FourChannels:
    """Pictures whose pixels name their latents."""

    device = torch.device("cpu")
    latent_channels = 4

    def encode(self, video_u8: np.ndarray) -> Tensor:
        return torch.arange(4.0).view(1, 4, 1, 1, 1).expand(len(video_u8), -1, -1, -1, -1)

    def decode(self, latents: Tensor) -> np.ndarray:
        return latents.numpy()


def test_what_leads_goes_in_and_comes_back() -> None:
    """Catches a scale that is applied twice or not undone, and channels that move."""
    codec = LeadingLatents(FourChannels(), 2, 0.5)
    latents = codec.encode(np.zeros((3, 1, 8, 8, 3), np.uint8))
    assert latents[:, :, 0, 0, 0].tolist() == [[0.0, 0.5]] * 3
    assert codec.decode(latents)[0, :, 0, 0, 0].tolist() == [0.0, 1.0, 0.0, 0.0]


def test_a_model_of_all_channels_gets_the_autoencoder_itself() -> None:
    """Catches published pictures that take a detour."""
    autoencoder = FourChannels()
    assert codec_for(autoencoder, 4, 1.0) is autoencoder


def test_too_many_channels_are_refused() -> None:
    with pytest.raises(ValueError, match="5 channels does not fit an autoencoder of 4"):
        codec_for(FourChannels(), 5, 1.0)
