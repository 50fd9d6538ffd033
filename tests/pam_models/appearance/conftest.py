"""Small models that the appearance tests share."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor

from pam_models.appearance import AppearanceConfig, AppearanceModel, AppearancePipeline, FluxConfig, WordEncoderConfig
from pam_models.autoencoder import AutoencoderConfig, VideoAutoencoder


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tensors this small are slower with threads, many times so on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@dataclass(frozen=True)
class Conformance:
    """Tensors and configuration of appearance-control-small.safetensors."""

    tensors: Mapping[str, Tensor]
    config: Mapping[str, Any]

    def weights(self) -> dict[str, Tensor]:
        return {
            key.removeprefix("weights."): value for key, value in self.tensors.items() if key.startswith("weights.")
        }

    def inputs(self) -> dict[str, Tensor]:
        given = {key.removeprefix("in."): value for key, value in self.tensors.items() if key.startswith("in.")}
        return {
            "img": given["img"],
            "hint": given["controlnet_cond"],
            "txt": given["txt"],
            "pooled": given["y"],
            "timesteps": given["timesteps"],
            "guidance": given["guidance"],
            "img_ids": given["img_ids"][0],
            "txt_ids": given["txt_ids"][0],
        }


@pytest.fixture(scope="session")
def conformance(shared_data: Path) -> Conformance:
    path = shared_data / "conformance" / "appearance-control-small.safetensors"
    if not path.is_file():
        pytest.skip(f"no conformance vectors at {path}")
    with safe_open(path, framework="pt") as handle:
        tensors = {key: handle.get_tensor(key) for key in handle.keys()}  # noqa: SIM118
        return Conformance(tensors, json.loads(handle.metadata()["config"]))


@pytest.fixture(scope="session")
def small_config() -> AppearanceConfig:
    text = WordEncoderConfig(vocabulary=("a", "red", "blue", "mug"), max_words=4, dim=16, pooled_dim=8)
    base = FluxConfig(
        num_layers=3,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=16,
        pooled_projection_dim=8,
        axes_dims_rope=(4, 6, 6),
    )
    return AppearanceConfig(base=base, text=text)


@pytest.fixture(scope="session")
def small_model(small_config: AppearanceConfig) -> AppearanceModel:
    """A model whose zero-initialised layers were given weights, so that every input reaches the output."""
    torch.manual_seed(0)
    model = AppearanceModel(small_config).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.1 * torch.randn(parameter.shape))
    return model


@pytest.fixture(scope="session")
def small_pipeline(small_model: AppearanceModel) -> AppearancePipeline:
    torch.manual_seed(0)
    autoencoder = VideoAutoencoder(AutoencoderConfig(block_out_channels=(8, 8, 8, 8), norm_num_groups=4))
    return AppearancePipeline(small_model, autoencoder.eval().requires_grad_(False))
