from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL

from pam_models.appearance.paper import FluxPictures, load_paper_pipeline
from pam_models.zoo import WeightsError


def test_an_absent_base_says_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"black-forest-labs/FLUX\.1-dev"):
        load_paper_pipeline(tmp_path, tmp_path / "controlnet.bin", "cpu")


def test_pictures_are_decoded_from_unshifted_latents() -> None:
    """Catches a shift that is subtracted, or applied before the scale."""
    torch.manual_seed(0)
    model = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(8, 8, 8, 8),
        latent_channels=16,
        norm_num_groups=4,
        scaling_factor=0.3611,
        shift_factor=0.1159,
        use_quant_conv=False,
        use_post_quant_conv=False,
    ).eval()
    raw = torch.randn(2, 16, 2, 4)
    pictures = FluxPictures(model).decode(((raw - 0.1159) * 0.3611)[:, :, None])
    with torch.inference_mode():
        expected = ((model.decode(raw).sample.clamp(-1, 1) + 1) * 127.5).round()
    assert pictures.shape == (2, 1, 16, 32, 3)
    assert np.abs(pictures[:, 0].astype(int) - expected.permute(0, 2, 3, 1).numpy().astype(int)).max() <= 1
