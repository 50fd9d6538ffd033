from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX

from pam_models.autoencoder import AutoencoderConfig, VideoAutoencoder

SMALL = AutoencoderConfig(block_out_channels=(8, 8, 8, 8), norm_num_groups=4)


@pytest.fixture(scope="module")
def autoencoder() -> VideoAutoencoder:
    torch.manual_seed(0)
    model = VideoAutoencoder(SMALL).eval().requires_grad_(False)
    model.set_latent_statistics(torch.linspace(-1, 1, 16), torch.linspace(0.5, 2, 16))
    return model


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (2, 9, 16, 24, 3), dtype=np.uint8)


def test_shapes_of_clips_and_single_pictures(autoencoder: VideoAutoencoder, clip: np.ndarray) -> None:
    latents = autoencoder.encode(clip)
    assert latents.shape == (2, 16, 3, 2, 3)
    assert autoencoder.decode(latents).shape == clip.shape
    still = autoencoder.encode(clip[:, :1])
    assert still.shape == (2, 16, 1, 2, 3)
    assert autoencoder.decode(still).shape == (2, 1, 16, 24, 3)


def test_a_clip_encodes_the_same_alone_as_in_a_batch(autoencoder: VideoAutoencoder, clip: np.ndarray) -> None:
    """Catches latents that depend on their neighbours or on a sampled posterior."""
    torch.testing.assert_close(autoencoder.encode(clip)[1:], autoencoder.encode(clip[1:]), rtol=0, atol=0)


def test_latents_are_normalised_with_the_stored_statistics(autoencoder: VideoAutoencoder, clip: np.ndarray) -> None:
    """Catches statistics that are multiplied instead of divided, or not applied."""
    raw, _ = autoencoder.moments(torch.from_numpy(clip).permute(0, 4, 1, 2, 3).float() / 127.5 - 1)
    expected = (raw[:, 3] - autoencoder.latents_mean[3]) / autoencoder.latents_std[3]
    torch.testing.assert_close(autoencoder.encode(clip)[:, 3], expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(autoencoder.denormalise(autoencoder.normalise(raw)), raw, rtol=1e-5, atol=1e-5)


def test_a_dead_channel_is_refused() -> None:
    with pytest.raises(ValueError, match="no spread"):
        VideoAutoencoder(SMALL).set_latent_statistics(torch.zeros(16), torch.zeros(16))


def test_wrong_frame_counts_and_sides_are_named(autoencoder: VideoAutoencoder) -> None:
    with pytest.raises(ValueError, match="8 of 16x24"):
        autoencoder.encode(np.zeros((1, 8, 16, 24, 3), np.uint8))
    with pytest.raises(ValueError, match="9 of 12x24"):
        autoencoder.encode(np.zeros((1, 9, 12, 24, 3), np.uint8))


def test_saved_and_loaded_it_encodes_alike(autoencoder: VideoAutoencoder, clip: np.ndarray, tmp_path: Path) -> None:
    """Catches statistics or configuration left out of the file."""
    autoencoder.save(tmp_path)
    loaded = VideoAutoencoder.load(tmp_path).convolutions_to(torch.float32)
    assert loaded.config == SMALL
    torch.testing.assert_close(loaded.encode(clip), autoencoder.encode(clip), rtol=2e-2, atol=2e-2)
    torch.testing.assert_close(loaded.latents_std, autoencoder.latents_std, rtol=0, atol=0)


def test_casting_the_convolutions_keeps_the_statistics_exact() -> None:
    model = VideoAutoencoder(SMALL).convolutions_to(torch.bfloat16)
    assert model.latents_std.dtype == torch.float32
    assert model.encode(np.zeros((1, 1, 16, 24, 3), np.uint8)).dtype == torch.float32


def test_a_plain_cogvideox_autoencoder_is_scaled_by_its_own_factor() -> None:
    """Catches a published autoencoder whose scaling factor 0.7 is dropped or applied the wrong way."""
    plain = AutoencoderKLCogVideoX(
        block_out_channels=(8, 8, 8, 8), latent_channels=16, layers_per_block=1, norm_num_groups=4, scaling_factor=0.7
    ).eval()
    clip = torch.rand(1, 3, 1, 16, 24)
    expected = 0.7 * plain.encode(clip).latent_dist.mean
    torch.testing.assert_close(
        VideoAutoencoder.around(plain).encode_tensor(clip), expected.detach(), rtol=1e-5, atol=1e-6
    )
