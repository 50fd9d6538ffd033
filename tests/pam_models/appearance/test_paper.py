from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from torch import Tensor

from pam_models.appearance import AppearanceModel, paper
from pam_models.appearance.paper import FluxPictures, load_paper_pipeline
from pam_models.zoo import WeightsError


def test_an_absent_base_says_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"black-forest-labs/FLUX\.1-dev"):
        load_paper_pipeline(tmp_path, tmp_path / "controlnet.bin", "cpu")


def small_autoencoder() -> AutoencoderKL:
    torch.manual_seed(0)
    return AutoencoderKL(
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


def test_pictures_are_decoded_from_unshifted_latents() -> None:
    """Catches a shift that is subtracted, or applied before the scale."""
    model = small_autoencoder()
    raw = torch.randn(2, 16, 2, 4)
    pictures = FluxPictures(model).decode(((raw - 0.1159) * 0.3611)[:, :, None])
    with torch.inference_mode():
        expected = ((model.decode(raw).sample.clamp(-1, 1) + 1) * 127.5).round()
    assert pictures.shape == (2, 1, 16, 32, 3)
    assert np.abs(pictures[:, 0].astype(int) - expected.permute(0, 2, 3, 1).numpy().astype(int)).max() <= 1


class FixedText:
    """Stands in for T5 and CLIP."""

    def encode(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        return torch.zeros(len(prompts), 4, 16), torch.zeros(len(prompts), 8)


def test_the_assembly_samples_at_small_size(
    small_model: AppearanceModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches parts that do not fit together: bfloat16 weights, the base's folders, the two branches' file."""
    flux = small_model.flux
    flux.base.save_pretrained(tmp_path / "transformer")
    small_autoencoder().save_pretrained(tmp_path / "vae")
    torch.save({k: v for k, v in flux.state_dict().items() if not k.startswith("base.")}, tmp_path / "controlnet.bin")
    for name, stand_in in (("load_t5", None), ("load_clip", None), ("PaperText", FixedText())):
        monkeypatch.setattr(paper, name, lambda *_, stand_in=stand_in: stand_in)
    pipeline = load_paper_pipeline(tmp_path, tmp_path / "controlnet.bin", "cpu")
    picture = np.full((2, 32, 48, 3), 128, np.uint8)
    made = pipeline.sample({"depth": picture}, ["a", "b"], [0, 1], steps=2, guidance=4.0)
    assert made.shape == (2, 32, 48, 3)
    assert (made[0] != made[1]).any()
