"""Masking: a true null, drawn independently, at the rate asked for."""

import pytest
import torch

from pam_models.motion.configuration import MotionConfig
from pam_models.motion.modeling import MotionModel
from pam_models.training.masking import draw_kept, masked, weighted_mean_square


def test_a_masked_condition_is_the_absent_condition(tiny_motion: MotionConfig) -> None:
    """Catches noise, a leaked first frame, or a null the model does not know: both must give the same output."""
    torch.manual_seed(0)
    model = MotionModel(tiny_motion)
    for parameter in model.transformer.control_parameters().values():
        torch.nn.init.normal_(parameter, std=0.2)
    noisy, first = torch.randn(2, 1, 3, 16, 4, 6)
    conditions = {name: torch.randn(1, 3, 32, 4, 6) for name in ("depth", "keypoints")}
    tokens, _ = model.text(model.text.indices([""]))
    hidden = masked(conditions, {"depth": torch.tensor([False]), "keypoints": torch.tensor([True])})
    assert torch.equal(hidden["keypoints"], conditions["keypoints"])
    with torch.no_grad():
        given = model(noisy, first, torch.tensor([500]), tokens, hidden)
        absent = model(noisy, first, torch.tensor([500]), tokens, {"keypoints": conditions["keypoints"]})
        full = model(noisy, first, torch.tensor([500]), tokens, conditions)
    assert torch.allclose(given, absent, atol=1e-6)
    assert not torch.allclose(given, full, atol=1e-4)


def test_draws_are_independent_and_have_the_rate() -> None:
    """Catches one draw for a whole batch or for all conditions, and keep and drop exchanged."""
    kept = draw_kept(("a", "b"), 20_000, 0.2, torch.Generator().manual_seed(0))
    assert float(kept["a"].float().mean()) == pytest.approx(0.8, abs=0.01)
    assert float((kept["a"] & kept["b"]).float().mean()) == pytest.approx(0.64, abs=0.015)


def test_the_null_may_be_black() -> None:
    """Catches a grey null where the model reads black as absent."""
    output = masked({"a": torch.ones(2, 3, 4, 4)}, {"a": torch.tensor([True, False])}, null=-1.0)["a"]
    assert output[0].eq(1).all() and output[1].eq(-1).all()


def test_a_constant_weight_is_the_plain_mean() -> None:
    """Catches a loss whose size depends on how large the hand is."""
    error = torch.randn(2, 3, 4)
    assert torch.allclose(weighted_mean_square(error, torch.full((2, 1, 1), 3.0)), error.square().mean())
    heavy = weighted_mean_square(torch.tensor([[1.0, 0.0]]), torch.tensor([[3.0, 1.0]]))
    assert float(heavy) == pytest.approx(0.75)
