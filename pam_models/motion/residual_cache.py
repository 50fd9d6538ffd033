"""A residual cache over whole denoising steps that treats base and control branch as one stack.

Diffusers' cache hooks find the base's blocks by name and leave the copied ones running, whose output is then added a
second time (performance.md 0.3). Here the first base block and its control block always run; what all later blocks of
both stacks did to the video tokens is reused together, or recomputed together.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from pam_models.acceleration.options import CacheOptions


@dataclass(frozen=True)
class _Computed:
    """A computed step: video tokens (B, N, D) after the first level and after all, and the first level's effect."""

    first: Tensor
    final: Tensor
    effect: Tensor


class ResidualCache:
    """The state of one clip's sampling. Make a new one for every clip, and call `begin_step` before each step.

    The conditional half decides for both halves of guidance, since different decisions leave artefacts.
    """

    def __init__(self, options: CacheOptions) -> None:
        self.options = options
        self.computed_steps = 0
        self.reused_steps = 0
        self._step = -1
        self._in_a_row = 0
        self._decision: bool | None = None
        self._halves: dict[str, _Computed] = {}

    def begin_step(self) -> None:
        """Forget the last step's decision."""
        self._step += 1
        self._decision = None

    def half(self, name: str) -> "CachedHalf":
        """Return the cache's side for one half of guidance, such as "conditional"."""
        return CachedHalf(self, name)

    def run(
        self, name: str, entered: Float[Tensor, "B N D"], first: Float[Tensor, "B N D"], rest: Callable[[], Tensor]
    ) -> Float[Tensor, "B N D"]:
        """Return the final video tokens: `rest()`, or the last computed ones moved by the first level's difference."""
        effect = first - entered
        last = self._halves.get(name)
        if self._decision is None:
            self._decision = self._may_reuse(last, effect)
            self._in_a_row = self._in_a_row + 1 if self._decision else 0
            self.reused_steps += self._decision
            self.computed_steps += not self._decision
        if self._decision and last is not None:
            # Not final-residual + first: this form gives back the very same numbers for the very same input.
            return last.final + (first - last.first)
        final = rest()
        self._halves[name] = _Computed(first, final, effect)
        return final

    def _may_reuse(self, last: _Computed | None, effect: Tensor) -> bool:
        if last is None or self._step < self.options.warmup_steps or self._in_a_row >= self.options.max_reused:
            return False
        change = (effect - last.effect).abs().mean() / last.effect.abs().mean().clamp_min(
            torch.finfo(effect.dtype).tiny
        )
        return float(change) < self.options.threshold


@dataclass(frozen=True)
class CachedHalf:
    """A cache and the half of guidance that is being computed."""

    cache: ResidualCache
    name: str

    def run(self, entered: Tensor, first: Tensor, rest: Callable[[], Tensor]) -> Tensor:
        """See `ResidualCache.run`."""
        return self.cache.run(self.name, entered, first, rest)
