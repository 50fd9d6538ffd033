"""What moves weights that a process holds whole: AdamW, or Muon for what is a matrix inside the network beside it.

torch's Muon takes matrices alone. A convolution's kernel is one too, of its output channels by all that it reads, so it
is handed over flat. On two cores this is what lets a network of a million weights learn within the hour
(docs/adr/0071).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import nn

from pam_models.training.recipe import LoopRecipe, MuonEngine


class Optimizer(Protocol):
    """Moves the weights that it was made for by the gradients that they hold."""

    def step(self, learning_rate: float) -> None:
        """Move; the learning rate is the recipe's at this step."""

    def state(self) -> dict[str, Any]:
        """Moments and step counts."""

    def load(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave. Raises KeyError or ValueError where the weights are others."""


def optimizer_of(recipe: LoopRecipe, weights: Mapping[str, nn.Parameter]) -> Optimizer:
    """The optimizer that a recipe's engine asks for. Raises ValueError where it leaves nothing for Muon."""
    if isinstance(recipe.engine, MuonEngine):
        return MuonBesideAdamW(recipe, recipe.engine, weights)
    return AdamW(recipe, list(weights.values()))


class AdamW:
    """torch's, in one fused kernel."""

    def __init__(self, recipe: LoopRecipe, weights: list[nn.Parameter]) -> None:
        self._optimizer = torch.optim.AdamW(
            weights,
            lr=recipe.learning_rate,
            betas=recipe.betas,
            eps=recipe.epsilon,
            weight_decay=recipe.weight_decay,
            fused=True,
        )

    def step(self, learning_rate: float) -> None:
        """Move."""
        for group in self._optimizer.param_groups:
            group["lr"] = learning_rate
        self._optimizer.step()

    def state(self) -> dict[str, Any]:
        """AdamW's moments and step counts."""
        return self._optimizer.state_dict()

    def load(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave. Raises ValueError where the weights are others."""
        self._optimizer.load_state_dict(state)


class MuonBesideAdamW:
    """torch's Muon on matrices and kernels, AdamW on biases, norms and the weights that the recipe leaves to it."""

    def __init__(self, recipe: LoopRecipe, engine: MuonEngine, weights: Mapping[str, nn.Parameter]) -> None:
        inner = {name: weight for name, weight in weights.items() if is_inner(name, weight, engine.left_out)}
        if not inner:
            raise ValueError(f"engine.left_out ({', '.join(engine.left_out)}) leaves no weight for Muon")
        self._ratio = engine.learning_rate / recipe.learning_rate
        self._inner = list(inner.values())
        self._flat = [nn.Parameter(weight.detach().flatten(1)) for weight in self._inner]
        self._muon = torch.optim.Muon(
            self._flat, lr=engine.learning_rate, weight_decay=engine.weight_decay, momentum=engine.momentum
        )
        self._adamw = AdamW(recipe, [weight for name, weight in weights.items() if name not in inner])

    @torch.no_grad()
    def step(self, learning_rate: float) -> None:
        """Move; Muon's learning rate follows the same schedule."""
        for group in self._muon.param_groups:
            group["lr"] = learning_rate * self._ratio
        for flat, weight in zip(self._flat, self._inner, strict=True):
            flat.copy_(weight.flatten(1))
            flat.grad = None if weight.grad is None else weight.grad.flatten(1)
        self._muon.step()  # type: ignore[no-untyped-call]
        for flat, weight in zip(self._flat, self._inner, strict=True):
            weight.copy_(flat.view_as(weight))
        self._adamw.step(learning_rate)

    def state(self) -> dict[str, Any]:
        """Muon's momenta and AdamW's moments."""
        return {"muon": self._muon.state_dict(), "adamw": self._adamw.state()}

    def load(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave. Raises KeyError or ValueError where the weights or the engine are others."""
        self._muon.load_state_dict(state["muon"])
        self._adamw.load(state["adamw"])


def is_inner(name: str, weight: nn.Parameter, left_out: tuple[str, ...]) -> bool:
    """Whether Muon moves a weight: a matrix or a kernel that the recipe does not leave to AdamW.

    A kernel that sees one channel alone, as depthwise ones do, is no matrix.
    """
    return weight.ndim >= 2 and weight.shape[1] > 1 and not any(part in name for part in left_out)
