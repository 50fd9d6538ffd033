"""The running average of a model's weights, which is what gets sampled from and shipped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import nn


class AveragedWeights:
    """Exponential moving average in float32 over the trainable parameters of some modules; None as decay keeps the
    weights themselves.
    """

    def __init__(self, modules: Mapping[str, nn.Module], decay: float | None) -> None:
        self._live = named_parameters(modules)
        self._decay = decay
        self._average = (
            {name: tensor.detach().float().clone() for name, tensor in self._live.items()} if decay is not None else {}
        )

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Take in the weights after update `step` (from 0); the first updates count more, so that the start is
        forgotten.
        """
        if self._decay is None:
            return
        decay = min(self._decay, (1 + step) / (10 + step))
        for name, tensor in self._live.items():
            self._average[name].lerp_(tensor.detach().float(), 1.0 - decay)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Inside, the modules hold the averaged weights; afterwards the live ones again, bit for bit."""
        if self._decay is None:
            yield
            return
        kept = {name: tensor.detach().clone() for name, tensor in self._live.items()}
        self._copy(self._average)
        try:
            yield
        finally:
            self._copy(kept)

    def state(self) -> dict[str, torch.Tensor]:
        """What a checkpoint keeps."""
        return dict(self._average)

    def load(self, state: Mapping[str, torch.Tensor]) -> None:
        """Take back what `state` gave. Raises KeyError for a missing weight."""
        for name in self._average:
            self._average[name].copy_(state[name])

    @torch.no_grad()
    def _copy(self, source: Mapping[str, torch.Tensor]) -> None:
        for name, tensor in self._live.items():
            tensor.copy_(source[name])


def named_parameters(modules: Mapping[str, nn.Module]) -> dict[str, nn.Parameter]:
    """The trainable parameters of several modules under `<module>.<parameter>`."""
    return {
        f"{module_name}.{name}": parameter
        for module_name, module in modules.items()
        for name, parameter in module.named_parameters()
        if parameter.requires_grad
    }
