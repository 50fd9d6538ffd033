"""Rectified flow: interpolation and target for training, time steps and the Euler sampler (pam-system.md section 2)."""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

_SHORT, _LONG = 256, 4096
_SHORT_SHIFT, _LONG_SHIFT = 0.5, 1.15


def add_noise(clean: Tensor, noise: Tensor, times: Float[Tensor, " B"]) -> Tensor:
    """Return x_t = (1 - t) clean + t noise; t in [0, 1] is one number a sample, 1 being noise."""
    t = times.to(clean.dtype).view(-1, *[1] * (clean.ndim - 1))
    return (1.0 - t) * clean + t * noise


def flow_target(clean: Tensor, noise: Tensor) -> Tensor:
    """Return the regression target noise - clean, the derivative of x_t with respect to t."""
    return noise - clean


def sample_times(batch: int, generator: torch.Generator) -> Float[Tensor, " B"]:
    """Draw t uniformly from (0, 1], one a sample."""
    return 1.0 - torch.rand(batch, generator=generator)


def shifted_times(steps: int, tokens: int) -> Float[Tensor, " steps1"]:
    """Return `steps` + 1 times from 1 to 0, moved towards noise as Flux does for pictures of `tokens` tokens.

    The shift grows linearly from 0.5 at 256 tokens to 1.15 at 4096. It is computed from the true number of tokens; the
    official code passes an eighth of the sides' product instead, which gives 0.460 where 0.660 is meant.
    """
    shift = _SHORT_SHIFT + (tokens - _SHORT) * (_LONG_SHIFT - _SHORT_SHIFT) / (_LONG - _SHORT)
    times = torch.linspace(1.0, 0.0, steps + 1, dtype=torch.float64)
    ratio = math.exp(shift) * times
    return (ratio / (ratio + 1.0 - times)).float()


def initial_noise(
    shape: tuple[int, ...], seeds: Sequence[int], device: torch.device | str = "cpu"
) -> Float[Tensor, "B ..."]:
    """Draw start latents of one item's `shape`, each item from its own seed, on the CPU."""
    drawn = [torch.randn(shape, generator=torch.Generator().manual_seed(seed)) for seed in seeds]
    return torch.stack(drawn).to(device)


@torch.inference_mode()
def euler(
    flow: Callable[[Tensor, Float[Tensor, " B"]], Tensor],
    noise: Float[Tensor, "B N C"],
    times: Float[Tensor, " steps1"],
) -> Float[Tensor, "B N C"]:
    """Integrate dx/dt = flow(x, t (B,)) from `noise` at the first time down to the last, by Euler steps."""
    state = noise
    for now, after in zip(times[:-1].tolist(), times[1:].tolist(), strict=True):
        state = state + (after - now) * flow(state, torch.full((state.shape[0],), now, device=state.device))
    return state
