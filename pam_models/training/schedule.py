"""The learning rate as a function of the step alone: linear warm-up, then a cosine to a floor."""

from __future__ import annotations

import math

from pam_models.training.recipe import LoopRecipe


def learning_rate(step: int, recipe: LoopRecipe) -> float:
    """Learning rate of the update number `step` (from 0) under a recipe."""
    return learning_rate_at(
        step,
        peak=recipe.learning_rate,
        steps=recipe.schedule_steps or recipe.steps,
        warmup_steps=recipe.warmup_steps,
        final_fraction=recipe.final_learning_rate_fraction,
    )


def learning_rate_at(step: int, *, peak: float, steps: int, warmup_steps: int, final_fraction: float) -> float:
    """Learning rate of the update number `step` (from 0) of a schedule over `steps` updates."""
    if step < warmup_steps:
        return peak * (step + 1) / warmup_steps
    span = max(1, steps - warmup_steps)
    progress = min(1.0, (step - warmup_steps) / span)
    return peak * (final_fraction + (1.0 - final_fraction) * 0.5 * (1.0 + math.cos(math.pi * progress)))
