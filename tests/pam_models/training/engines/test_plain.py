"""Plain AdamW: accumulation is averaging, and its state comes back."""

from copy import deepcopy

import torch
from torch import nn

from pam_models.training.engines import engine_of
from pam_models.training.recipe import LoopRecipe
from pam_models.training.world import World


def _model() -> nn.Linear:
    torch.manual_seed(1)
    return nn.Linear(3, 1)


def _recipe(batches: int) -> LoopRecipe:
    return LoopRecipe(steps=9, batch=2, batches_per_step=batches, learning_rate=0.1, clip_norm=1e9)


def test_small_batches_make_the_step_of_the_large_one() -> None:
    """Catches gradients that are summed over batches: the step would depend on how memory was saved."""
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    whole, halves = _model(), _model()
    one = engine_of(_recipe(1), {"model": whole}, World())
    one.backward(whole(x).square().mean(), last=True)
    one.update(0.1)
    two = engine_of(_recipe(2), {"model": halves}, World())
    for part in (x[:2], x[2:]):
        two.backward(halves(part).square().mean(), last=part is not x[:2])
    two.update(0.1)
    assert torch.allclose(whole.weight, halves.weight, atol=1e-6)


def test_its_state_comes_back() -> None:
    """Catches moments that are lost: the first steps after a resume would be too long."""
    first, second = _model(), _model()
    x = torch.ones(2, 3)
    one, two = (engine_of(_recipe(1), {"model": model}, World()) for model in (first, second))
    for _ in range(3):
        one.backward(first(x).square().mean(), last=True)
        one.update(0.1)
    second.load_state_dict(first.state_dict())
    two.load(deepcopy(one.state()))
    for engine, model in ((one, first), (two, second)):
        engine.backward(model(x).square().mean(), last=True)
        engine.update(0.1)
    assert torch.equal(first.weight, second.weight)
