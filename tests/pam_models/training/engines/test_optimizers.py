"""Which optimizer moves which weight, and that both go on where they were."""

import pytest
import torch
from torch import nn

from pam_models.training.engines.optimizers import optimizer_of
from pam_models.training.recipe import LoopRecipe, MuonEngine


def recipe_with(engine: MuonEngine) -> LoopRecipe:
    return LoopRecipe(steps=10, batch=1, learning_rate=0.01, engine=engine, clip_norm=1.0)


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.SiLU(), nn.Conv2d(8, 8, 3, padding=1), nn.Conv2d(8, 3, 1))


def stepped(model: nn.Module, optimizer: object, step: int) -> None:
    data = torch.randn(2, 3, 6, 6, generator=torch.Generator().manual_seed(step))
    model.zero_grad()
    (model(data) - data).square().mean().backward()
    optimizer.step(0.01)  # type: ignore[attr-defined]


def test_kernels_are_moved_by_directions_of_equal_size_and_the_rest_is_not() -> None:
    """Catches kernels that stay with AdamW, and first and last layers that do not."""
    engine = MuonEngine(learning_rate=0.1, weight_decay=0.0, left_out=("0.", "3."))
    model = network()
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    stepped(model, optimizer_of(recipe_with(engine), dict(model.named_parameters())), 0)
    moved = {name: weight.detach() - before[name] for name, weight in model.named_parameters()}
    sizes = torch.linalg.svdvals(moved["2.weight"].flatten(1))
    assert sizes.mean() > 0.04 and sizes.max() < 0.13, sizes
    # AdamW's first step moves every weight by the learning rate itself.
    assert moved["0.weight"].abs().max() < 0.0101 and moved["2.bias"].abs().max() < 0.0101


def test_a_stopped_run_goes_on_as_if_it_had_not_been() -> None:
    """Catches momenta that a checkpoint forgets."""
    engine = MuonEngine(left_out=("0.",))
    whole, first = network(), network()
    one = optimizer_of(recipe_with(engine), dict(whole.named_parameters()))
    two = optimizer_of(recipe_with(engine), dict(first.named_parameters()))
    for step in range(4):
        stepped(whole, one, step)
    for step in range(2):
        stepped(first, two, step)
    second = network(seed=5)
    second.load_state_dict(first.state_dict())
    three = optimizer_of(recipe_with(engine), dict(second.named_parameters()))
    three.load(two.state())
    for step in range(2, 4):
        stepped(second, three, step)
    for name, weight in whole.state_dict().items():
        assert torch.equal(weight, second.state_dict()[name]), name


def test_a_checkpoint_of_another_engine_is_not_taken() -> None:
    """Catches Muon that begins anew in the middle of a run that AdamW began."""
    weights = dict(network().named_parameters())
    plain = optimizer_of(LoopRecipe(steps=10, batch=1, learning_rate=0.01), weights)
    with pytest.raises(KeyError):
        optimizer_of(recipe_with(MuonEngine()), weights).load(plain.state())


def test_a_recipe_that_leaves_muon_nothing_is_told() -> None:
    """Catches a run that says muon and is AdamW."""
    with pytest.raises(ValueError, match="leaves no weight for Muon"):
        optimizer_of(recipe_with(MuonEngine(left_out=(".weight",))), dict(network().named_parameters()))
