from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from safetensors.torch import save_file
from torch import Tensor

from pam_models.appearance.paper_text import MissingExtraError
from pam_models.motion import MotionModel, paper
from pam_models.motion.configuration import PAM_CONDITIONS
from pam_models.motion.paper import NEGATIVE_PROMPT, load_paper_pipeline
from pam_models.motion.transformer import MultiConditionTransformer
from pam_models.zoo import WeightsError


def test_an_absent_base_says_where_it_comes_from(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="THUDM/CogVideoX-5b-I2V"):
        load_paper_pipeline(tmp_path, tmp_path, "cpu")


def test_absent_text_encoders_or_their_library_fail_before_any_weights_are_read(tmp_path: Path) -> None:
    (tmp_path / "vae").mkdir()
    with pytest.raises((WeightsError, MissingExtraError), match=r"transformers|text_encoder"):
        load_paper_pipeline(tmp_path, tmp_path / "nowhere", "cpu")


class FixedText:
    """Stands in for T5 and keeps the prompts that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        self.asked += prompts
        lengths = torch.tensor([float(len(prompt)) for prompt in prompts])
        return lengths[:, None, None].expand(-1, 4, 16) / 100, torch.zeros(len(prompts), 0)


def test_the_assembly_samples_at_small_size(
    small_model: MotionModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches parts that do not fit together: bfloat16 weights, the base's autoencoder, the official guidance."""
    settings = small_model.config.transformer.model_copy(update={"conditions": PAM_CONDITIONS})
    tensors = MultiConditionTransformer(settings).state_dict()
    save_file(
        {key: value.contiguous() for key, value in tensors.items()}, tmp_path / "diffusion_pytorch_model.safetensors"
    )
    names = ("sample_width", "sample_height", "sample_frames", "max_text_seq_length")
    (tmp_path / "config.json").write_text(settings.model_dump_json(include=set(names)))
    vae = AutoencoderKLCogVideoX(
        block_out_channels=(8, 8, 8, 8), latent_channels=16, layers_per_block=1, norm_num_groups=4, scaling_factor=0.7
    )
    vae.save_pretrained(tmp_path / "base" / "vae")
    text = FixedText()
    monkeypatch.setattr(paper, "load_t5", lambda *_: None)
    monkeypatch.setattr(paper, "PaperText", lambda _: text)
    pipeline = load_paper_pipeline(tmp_path / "base", tmp_path, "cpu")
    picture = np.full((1, 16, 32, 3), 128, np.uint8)
    clip = pipeline.sample(
        picture, {"depth": np.repeat(picture[:, None], 9, 1)}, ["a hand"], [0], steps=2, guidance=6.0, schedule="pam"
    )
    assert clip.shape == (1, 9, 16, 32, 3)
    assert text.asked == ["a hand", NEGATIVE_PROMPT]
    with pytest.raises(TypeError, match="branch_file"):
        pipeline.save(tmp_path)
