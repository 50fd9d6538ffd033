from pathlib import Path

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl_temporal_decoder import AutoencoderKLTemporalDecoder

from pam_models.autoencoder import AutoencoderConfig, VideoAutoencoder
from pam_models.motion import MotionPipeline
from pam_models.motion.svd import SvdModel
from pam_models.motion.svd.configuration import small_config
from pam_models.motion.svd.pipeline import FrameAutoencoder, load_pipeline


def frames(batch: int, count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (batch, count, 32, 48, 3), dtype=np.uint8)


def test_a_baseline_samples_through_the_motion_pipeline(tmp_path: Path) -> None:
    """Catches another interface than CogVideoX's, a seed that is shared, and a condition that is ignored."""
    torch.manual_seed(0)
    model = SvdModel(small_config(("hand_mask",), latent_channels=16, sample_frames=9))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape))
    autoencoder = VideoAutoencoder(AutoencoderConfig(block_out_channels=(8, 8, 8, 8), norm_num_groups=4))
    model.save(tmp_path / "svd")
    autoencoder.save(tmp_path / "autoencoder")
    pipeline = load_pipeline(tmp_path / "svd", tmp_path / "autoencoder")
    assert isinstance(pipeline, MotionPipeline)
    clip = frames(2, 9)

    def sample(conditions: dict[str, np.ndarray], items: slice = slice(None), guidance: float = 1.5) -> np.ndarray:
        taken = {name: value[items] for name, value in conditions.items()}
        seeds = [3, 4][items]
        return pipeline.sample(clip[items, 0], taken, [""] * len(seeds), seeds, steps=2, guidance=guidance)

    whole = sample({"hand_mask": clip})
    assert whole.shape == (2, 9, 32, 48, 3)
    np.testing.assert_array_equal(sample({"hand_mask": clip}, slice(1, 2)), whole[1:])
    assert (sample({}) != whole).any()


def test_svds_own_autoencoder_has_a_latent_for_every_frame() -> None:
    """Catches frames that change places with clips, and a scale that is not undone."""
    torch.manual_seed(0)
    model = AutoencoderKLTemporalDecoder(
        down_block_types=("DownEncoderBlock2D",) * 2, block_out_channels=(32, 32), layers_per_block=1
    ).eval()
    autoencoder = FrameAutoencoder(model)
    clip = frames(2, 3)
    latents = autoencoder.encode(clip)
    assert latents.shape == (2, 4, 3, 16, 24)
    torch.testing.assert_close(autoencoder.encode(clip[1:, 2:])[0, :, 0], latents[1, :, 2], rtol=1e-4, atol=1e-4)
    assert autoencoder.decode(latents).shape == clip.shape
