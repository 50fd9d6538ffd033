"""Leaving out conditions in training, so that any of them may be missing or poor at inference."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from jaxtyping import Bool
from torch import Tensor


def draw_kept(
    names: tuple[str, ...], batch: int, dropout: float, generator: torch.Generator
) -> dict[str, Bool[Tensor, " B"]]:
    """For each condition, which samples of the batch keep it; independent draws per sample and condition."""
    draws = torch.rand(len(names), batch, generator=generator)
    return {name: draws[row] >= dropout for row, name in enumerate(names)}


def masked(conditions: Mapping[str, Tensor], kept: Mapping[str, Tensor], null: float = 0.0) -> dict[str, Tensor]:
    """The conditions with `null` wherever a sample does not keep one: the whole of it, its first frame included.

    `null` is what the model reads for an absent condition, so that a masked and an absent condition are one and the
    same.
    """
    output = {}
    for name, value in conditions.items():
        keep = kept[name].to(value.device).view(-1, *[1] * (value.ndim - 1))
        output[name] = torch.where(keep, value, torch.full((), null, dtype=value.dtype, device=value.device))
    return output


def noise_like(tensor: Tensor, generator: torch.Generator) -> Tensor:
    """Standard normal float32 noise of a tensor's shape on its device, drawn on the CPU: the same on every device."""
    return torch.randn(tensor.shape, generator=generator).to(tensor.device)


def weighted_mean_square(error: Tensor, weight: Tensor) -> Tensor:
    """Mean of the squared error under a weight that broadcasts over it, normalised so that equal weights give the
    plain mean.
    """
    expanded = weight.expand_as(error)
    return (error.square() * expanded).sum() / expanded.sum()
