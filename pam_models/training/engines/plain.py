"""Weights that every process holds whole; gradients are averaged over the processes in one message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from pam_models.training.ema import named_parameters
from pam_models.training.engines.optimizers import optimizer_of
from pam_models.training.recipe import LoopRecipe
from pam_models.training.world import World


class PlainEngine:
    """One process, or data-parallel ones. Every rank makes the same update, so they stay equal bit for bit."""

    sharded = False

    def __init__(self, recipe: LoopRecipe, modules: Mapping[str, nn.Module], world: World) -> None:
        self._world = world
        self._clip_norm = recipe.clip_norm
        self._batches = recipe.batches_per_step // world.size
        named = named_parameters(modules)
        self._parameters = list(named.values())
        self._optimizer = optimizer_of(recipe, named)

    def backward(self, loss: Tensor, *, last: bool) -> None:
        """Add the gradients of a batch."""
        del last
        (loss / self._batches if self._batches > 1 else loss).backward()  # type: ignore[no-untyped-call]

    def update(self, learning_rate: float) -> None:
        """Average, clip, move, forget."""
        if self._world.size > 1:
            for parameter in self._parameters:
                # A parameter that no batch of this rank reached still has a place in the message.
                if parameter.grad is None:
                    parameter.grad = torch.zeros_like(parameter)
            self._world.average_([parameter.grad for parameter in self._parameters if parameter.grad is not None])
        nn.utils.clip_grad_norm_(self._parameters, self._clip_norm)
        self._optimizer.step(learning_rate)
        for parameter in self._parameters:
            parameter.grad = None

    def state(self) -> dict[str, Any]:
        """The optimizer's moments and step counts."""
        return self._optimizer.state()

    def load(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave. Raises KeyError or ValueError where the parameters are others."""
        self._optimizer.load(state)
