"""The block codec: what it keeps, that it is causal in time, and that its refiner starts as the identity."""

import pytest
import torch

from pam_models.autoencoder import VideoAutoencoder
from pam_models.autoencoder.block_codec import BlockCodec, first_blocks, later_blocks
from pam_models.autoencoder.configuration import AutoencoderConfig, demo_config

CHANNELS = 24


def smooth_videos(count: int, frames: int, seed: int = 0) -> torch.Tensor:
    """Slow colour waves, (count, 3, frames, 32, 48) in [-1, 1]."""
    generator = torch.Generator().manual_seed(seed)
    t, y, x = torch.meshgrid(torch.arange(frames), torch.arange(32), torch.arange(48), indexing="ij")
    waves = []
    for _ in range(count * 3):
        a, b, c, phase = torch.rand(4, generator=generator)
        waves.append(torch.sin(6 * phase + t * 0.2 * a + y * 0.1 * b + x * 0.1 * c))
    return torch.stack(waves).reshape(count, 3, frames, 32, 48)


@pytest.fixture(scope="module")
def codec() -> BlockCodec:
    """Fitted to sixteen clips."""
    made = BlockCodec(AutoencoderConfig(codec="blocks", latent_channels=CHANNELS))
    made.fit(smooth_videos(16, 9))
    return made


def test_smooth_clips_come_back(codec: BlockCodec) -> None:
    """Catches a transpose in folding or unfolding: then nothing comes back but the mean."""
    video = smooth_videos(2, 9, seed=5)
    with torch.no_grad():
        latents = codec.encode(video)
        assert latents.shape == (2, CHANNELS, 3, 4, 6)
        assert (codec.decode(latents) - video).abs().mean() < 0.02


def test_a_latent_frame_does_not_see_the_future(codec: BlockCodec) -> None:
    """Catches a first frame that depends on later ones: a single picture could then not start a clip."""
    video = smooth_videos(1, 9)
    torch.testing.assert_close(codec.encode(video)[:, :, :1], codec.encode(video[:, :, :1]))
    torch.testing.assert_close(codec.encode(video)[:, :, :2], codec.encode(video[:, :, :5]))


def test_equal_frames_have_latents_of_one_size_at_every_time(codec: BlockCodec) -> None:
    """Catches a first frame whose latents are half as large as those of the frames after it."""
    still = smooth_videos(1, 1).expand(1, 3, 9, 32, 48)
    size = codec.encode(still).square().mean(dim=(0, 1, 3, 4)).sqrt()
    assert size[0] / size[1] == pytest.approx(1.0, abs=0.15)


def test_the_refiner_starts_as_the_identity_and_learns(codec: BlockCodec) -> None:
    """Catches a refiner that spoils what the components already say, or has no gradient."""
    latents = codec.encode(smooth_videos(1, 9))
    torch.testing.assert_close(codec.decode(latents), codec.decode_blocks(latents))
    codec.decode(latents).square().mean().backward()
    gradient = codec.refiner.conv_out.weight.grad
    assert gradient is not None and gradient.abs().sum() > 0


def test_fitting_repeats(codec: BlockCodec) -> None:
    """Catches components with random signs: latents of one run would not fit the models of another."""
    again = BlockCodec(AutoencoderConfig(codec="blocks", latent_channels=CHANNELS))
    again.fit(smooth_videos(16, 9))
    torch.testing.assert_close(again.later_basis, codec.later_basis)
    assert again.fitted and not BlockCodec(demo_config()).fitted


def test_blocks_hold_every_value_once() -> None:
    """Catches a stride that is not CogVideoX's."""
    video = torch.arange(3 * 9 * 16 * 24).float().reshape(1, 3, 9, 16, 24)
    values = torch.cat([first_blocks(video[:, :, :1]).flatten(), later_blocks(video).flatten()])
    assert sorted(values.tolist()) == sorted(video.flatten().tolist())


def test_the_wrapper_encodes_with_the_mode_and_survives_saving(codec: BlockCodec, tmp_path: object) -> None:
    """Catches a posterior that adds noise where there is none, and components that are not saved."""
    model = VideoAutoencoder(AutoencoderConfig(codec="blocks", latent_channels=CHANNELS))
    model.model.load_state_dict(codec.state_dict())
    model.set_latent_statistics(torch.zeros(CHANNELS), torch.full((CHANNELS,), 2.0))
    video = smooth_videos(1, 9)
    loaded = VideoAutoencoder.load(model.save(tmp_path))  # type: ignore[arg-type]
    torch.testing.assert_close(loaded.encode_tensor(video), model.encode_tensor(video), atol=2e-2, rtol=2e-2)
    assert (loaded.decode_tensor(loaded.encode_tensor(video)) - video).abs().mean() < 0.03
