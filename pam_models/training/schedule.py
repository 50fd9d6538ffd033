"""The learning rate as a function of the step alone: linear warm-up, then a cosine to a floor."""

from __future__ import annotations

import math


def learning_rate_at(step: int, *, peak: float, steps: int, warmup_steps: int, final_fraction: float) -> float:
    """Learning rate of the update number `step` (from 0) of a run declared to have `steps` updates."""
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    span = max(1, steps - warmup_steps)
    progress = min(1.0, (step - warmup_steps) / span)
    return peak * (final_fraction + (1.0 - final_fraction) * 0.5 * (1.0 + math.cos(math.pi * progress)))
