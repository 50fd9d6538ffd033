"""Weights before any work, at small size and by their headers."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from pam_models.appearance import paper_text
from pam_models.motion import MultiConditionTransformer, TransformerConfig
from pam_models.motion import paper as motion_paper
from pam_models.zoo import room
from tasks.config import GenerateConfig, load_config
from tasks.errors import ConfigError
from tasks.preflight_models import check_models


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A base with all parts and a whole transformer, all tiny."""
    for part in ("vae", "text_encoder"):
        (tmp_path / "base" / part).mkdir(parents=True)
        (tmp_path / "base" / part / "config.json").write_text("{}")
        save_file({"x": torch.zeros(4)}, tmp_path / "base" / part / "model.safetensors")
    (tmp_path / "base" / "tokenizer").mkdir()
    (tmp_path / "base" / "tokenizer" / "spiece.model").write_text("x")
    settings = TransformerConfig(
        num_control_blocks=1, num_attention_heads=2, attention_head_dim=16, num_layers=2, time_embed_dim=8,
        text_embed_dim=8, sample_width=4, sample_height=2, sample_frames=9, max_text_seq_length=4,
    )  # fmt: skip
    (tmp_path / "weights").mkdir()
    tensors = {key: value.contiguous() for key, value in MultiConditionTransformer(settings).state_dict().items()}
    save_file(tensors, tmp_path / "weights" / "x.safetensors")
    names = ("sample_width", "sample_height", "sample_frames", "max_text_seq_length")
    (tmp_path / "weights" / "config.json").write_text(json.dumps({name: getattr(settings, name) for name in names}))
    return tmp_path


def configured(folders: Path, *more: str) -> GenerateConfig:
    given = ("video.model=cogvideox", f"video.base={folders / 'base'}", f"video.weights={folders / 'weights'}")
    return load_config("demo", assignments=(*given, *more))


def test_whole_folders_pass(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a check that refuses what would load."""
    monkeypatch.setattr(motion_paper, "require_transformers", lambda: None)
    check_models(configured(folders))


def test_each_lack_is_one_line_before_any_step(folders: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches absent and cut files, other models' tensors, pickles, a missing library, and too little memory."""

    def refused(said: str) -> None:
        with pytest.raises(ConfigError) as caught:
            check_models(configured(folders))
        assert str(caught.value).startswith("video: ") and said in str(caught.value) and "\n" not in str(caught.value)

    with monkeypatch.context() as patch:
        patch.setattr(paper_text, "find_spec", lambda _: None)
        refused("pip install 'pam[paper]'")
    monkeypatch.setattr(motion_paper, "require_transformers", lambda: None)
    with monkeypatch.context() as patch:
        patch.setattr(room, "free_bytes", lambda _: 100)
        refused("GiB of memory")
    weights = folders / "weights" / "x.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) // 2])
    refused("no whole safetensors file")
    save_file({"unet.x": torch.zeros(3)}, weights)
    refused("the tensor 'patch_embed.proj.weight' is absent; expected a CogVideoX transformer")
    weights.unlink()
    torch.save({"x": torch.zeros(1)}, folders / "weights" / "pytorch_model.bin")
    refused("holds only pickles (pytorch_model.bin), which are not read")
    (folders / "base" / "vae" / "model.safetensors").unlink()
    refused("huggingface.co/THUDM/CogVideoX-5b-I2V")


def test_a_baseline_without_weights_is_refused() -> None:
    with pytest.raises(ConfigError, match="video: no weights at /gone"):
        check_models(load_config("demo", assignments=("video.model=svd", "video.weights=/gone")))


def test_options_for_a_gpu_need_one() -> None:
    with pytest.raises(ConfigError, match=r"video\.speed: fp8 needs a GPU"):
        check_models(load_config("demo", assignments=("video.speed.fp8=true",)))


def test_a_condition_that_nothing_reads_is_told_before_work() -> None:
    """Catches a build whose every clip fails for a strength that was left on."""
    with pytest.raises(ConfigError, match=r"video\.strengths\.normal: is 1, and this model reads depth, "):
        check_models(load_config("demo", assignments=("video.finish=false",)))
    check_models(load_config("demo", assignments=("video.finish=false", "video.strengths.normal=0")))
