"""Small models that the motion tests share."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from pam_models.appearance.word_encoder import WordEncoderConfig
from pam_models.autoencoder import AutoencoderConfig, VideoAutoencoder
from pam_models.motion import MotionConfig, MotionModel, MotionPipeline, TransformerConfig

OFFICIAL_NAMES = {
    "tracking": "tracking_maps",
    "normal": "normal_maps",
    "depth": "depth_maps",
    "segmentation": "seg_masks",
    "keypoints": "hand_keypoints",
}


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tensors this small are slower with threads, many times so on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@dataclass(frozen=True)
class Conformance:
    """Tensors and metadata of motion-small.safetensors."""

    tensors: Mapping[str, Tensor]
    config: Mapping[str, Any]
    scheduler: Mapping[str, Any]

    def weights(self) -> dict[str, Tensor]:
        return {
            key.removeprefix("weights."): value for key, value in self.tensors.items() if key.startswith("weights.")
        }

    def sizes(self) -> dict[str, Any]:
        known = ("sample_width", "sample_height", "sample_frames", "max_text_seq_length")
        return {name: self.config[name] for name in known}


@pytest.fixture(scope="session")
def conformance(shared_data: Path) -> Conformance:
    path = shared_data / "conformance" / "motion-small.safetensors"
    if not path.is_file():
        pytest.skip(f"no conformance vectors at {path}")
    with safe_open(path, framework="pt") as handle:
        metadata = handle.metadata()
        tensors = {key: handle.get_tensor(key) for key in handle.keys()}  # noqa: SIM118
    return Conformance(tensors, json.loads(metadata["config"]), json.loads(metadata["scheduler"]))


@pytest.fixture(scope="session")
def small_config() -> MotionConfig:
    text = WordEncoderConfig(vocabulary=("a", "red", "blue", "mug"), max_words=4, dim=16, pooled_dim=8)
    transformer = TransformerConfig(
        conditions=("depth", "segmentation"),
        num_control_blocks=2,
        initial_combine="random",
        num_attention_heads=2,
        attention_head_dim=16,
        num_layers=3,
        time_embed_dim=32,
        text_embed_dim=16,
        max_text_seq_length=4,
        sample_width=4,
        sample_height=2,
        sample_frames=9,
    )
    return MotionConfig(transformer=transformer, text=text)


def shaken(model: MotionModel) -> MotionModel:
    """Give zero-initialised layers weights, so that every input reaches the output."""
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return model


@pytest.fixture(scope="session")
def small_model(small_config: MotionConfig) -> MotionModel:
    torch.manual_seed(0)
    return shaken(MotionModel(small_config)).eval().requires_grad_(False)


@pytest.fixture(scope="session")
def small_pipeline(small_model: MotionModel) -> MotionPipeline:
    torch.manual_seed(0)
    autoencoder = VideoAutoencoder(AutoencoderConfig(block_out_channels=(8, 8, 8, 8), norm_num_groups=4))
    return MotionPipeline(small_model, autoencoder.eval().requires_grad_(False))


@pytest.fixture(scope="session")
def clips() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.integers(0, 256, (2, 9, 16, 32, 3), dtype=np.uint8) for name in ("depth", "segmentation")}
