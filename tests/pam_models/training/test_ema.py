"""Averaged weights."""

import torch
from torch import nn

from pam_models.training.ema import AveragedWeights, named_parameters


def test_the_average_follows_the_weights_with_a_warm_start() -> None:
    """Catches an average that stays at the random start for a whole short run."""
    layer = nn.Linear(1, 1, bias=False)
    average = AveragedWeights({"m": layer}, 0.999)
    for step in range(60):
        with torch.no_grad():
            layer.weight.fill_(5.0)
        average.update(step)
    with average.in_place():
        assert abs(layer.weight.item() - 5.0) < 0.05


def test_live_weights_come_back_even_after_an_error() -> None:
    """Catches training on from the average after a failed sample."""
    layer = nn.Linear(2, 2)
    average = AveragedWeights({"m": layer}, 0.9)
    with torch.no_grad():
        layer.weight.add_(1.0)
    live = layer.weight.detach().clone()
    try:
        with average.in_place():
            assert not torch.equal(layer.weight, live)
            raise RuntimeError
    except RuntimeError:
        pass
    assert torch.equal(layer.weight, live)


def test_without_decay_there_is_no_copy() -> None:
    """Catches memory spent where no average was asked for."""
    assert AveragedWeights({"m": nn.Linear(2, 2)}, None).state() == {}


def test_frozen_parameters_are_left_out() -> None:
    """Catches an optimizer over a frozen base."""
    layer = nn.Linear(2, 2)
    layer.bias.requires_grad_(False)
    assert list(named_parameters({"m": layer})) == ["m.weight"]
