"""The control branch against the official computation written out in plain torch, over several configurations."""

from typing import Any

import pytest
import torch

from pam_models.appearance import ControlBranch, ControlBranchConfig
from pam_models.appearance.latents import picture_ids, text_ids
from tests.pam_models.appearance.conftest import Conformance
from tests.pam_models.appearance.official import Official

SIZES: dict[str, Any] = {
    "in_channels": 64,
    "vec_in_dim": 12,
    "context_in_dim": 20,
    "hidden_size": 48,
    "num_heads": 2,
    "axes_dim": (8, 8, 8),
}
CASES: dict[str, dict[str, Any]] = {
    "two blocks": {},
    "one block": {"controlnet_depth": 1},
    "three blocks, narrow perceptron": {"controlnet_depth": 3, "mlp_ratio": 2.0},
    "one head of uneven axes": {"num_heads": 1, "axes_dim": (8, 16, 24)},
    "without guidance": {"guidance_embed": False},
    "without bias": {"qkv_bias": False},
    "other rotations": {"theta": 500},
    "three picture channels": {"condition_in_channels": 3},
}


@pytest.mark.parametrize("case", CASES)
def test_residuals_are_the_official_ones_at_any_size(case: str) -> None:
    """Catches a branch that agrees with the one worked case and differs at other sizes."""
    torch.manual_seed(len(case))
    config = ControlBranchConfig(**{**SIZES, **CASES[case]})
    branch = ControlBranch(config).eval().requires_grad_(False)
    for parameter in branch.parameters():
        parameter.add_(0.2 * torch.randn(parameter.shape))
    given = {
        "img": torch.randn(2, 6, 64),
        "txt": torch.randn(2, 5, 20),
        "pooled": torch.randn(2, 12),
        "timesteps": torch.tensor([0.03, 0.97]),
        "guidance": torch.tensor([1.0, 4.0]) if config.guidance_embed else None,
        "img_ids": picture_ids(4, 6),
        "txt_ids": text_ids(5),
    }
    picture = torch.rand(2, config.condition_in_channels, 32, 48) * 2 - 1
    found = branch(**given, hint=branch.encode_hint(picture))
    expected = Official(branch.state_dict(), config.axes_dim, config.theta)(**given, hint=picture)
    assert len(found) == len(expected) == config.controlnet_depth
    for ours, theirs in zip(found, expected, strict=True):
        assert float((ours - theirs).abs().max() / theirs.abs().max()) < 1e-4


def test_the_written_out_computation_is_the_published_one(conformance: Conformance) -> None:
    """Catches an error in the comparison itself."""
    residuals = Official(conformance.weights(), conformance.config["axes_dim"])(**conformance.inputs())
    for index, residual in enumerate(residuals):
        expected = conformance.tensors[f"out.residual.{index}"]
        assert float((residual - expected).abs().max() / expected.abs().max()) < 1e-4
