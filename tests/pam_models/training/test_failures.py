"""Failing steps: one line that says what to change."""

import errno
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.training.estimator import EstimatorTask
from pam_models.training.failures import TrainingFailedError, explained_step
from pam_models.training.layout import RunLayout
from pam_models.training.loop import Limits, Trainer
from pam_models.training.ordering import Turn
from pam_models.training.recipe import EstimatorRecipe, LoopRecipe, ZeroEngine

RECIPE = LoopRecipe(steps=3, batch=4, learning_rate=0.1)


class Failing:
    """Raises what it was given, in its second step."""

    name = "model"

    def __init__(self, error: Exception) -> None:
        self.model = nn.Linear(1, 1)
        self.modules: Mapping[str, nn.Module] = {"model": self.model}
        self.error = error

    def prepare(self, step: int) -> None:
        pass

    def batch(self, turn: Turn) -> dict[str, Any]:
        return {"step": turn.step}

    def losses(self, batch: Mapping[str, Any], generator: torch.Generator) -> dict[str, Tensor]:
        if batch["step"] == 1:
            raise self.error
        return {"loss": self.model(torch.ones(1, 1)).sum()}

    def sample(self, step: int, folder: Path) -> dict[str, float]:
        return {}


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        MemoryError(),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"),
    ],
)
def test_out_of_memory_says_how_the_same_step_needs_less(error: Exception, tmp_path: Path) -> None:
    """Catches a bare allocator message, and advice that changes what a step learns from."""
    with pytest.raises(TrainingFailedError) as caught:
        Trainer(Failing(error), RECIPE, tmp_path).run(Limits())
    text = str(caught.value)
    assert "out of memory at step 1" in text and "\n" not in text
    assert "model.batch=2 and model.batches_per_step=2" in text
    assert "gradient_checkpointing=true" in text and "engine.kind=deepspeed" in text


def test_advice_that_was_followed_is_not_given_again() -> None:
    """Catches advice to set what is set."""
    small = RECIPE.model_copy(update={"batch": 1, "gradient_checkpointing": True, "engine": ZeroEngine()})
    assert "more memory" in str(explained_step("m", 0, MemoryError(), small))


def test_other_failures_stay_what_they_are(tmp_path: Path) -> None:
    """Catches a programming error that is dressed up as a matter of settings."""
    with pytest.raises(ZeroDivisionError):
        Trainer(Failing(ZeroDivisionError()), RECIPE, tmp_path).run(Limits())
    assert isinstance(explained_step("m", 0, OSError(errno.ENOSPC, "no space"), RECIPE), OSError)


def test_a_damaged_block_is_named(layout: RunLayout, tiny_estimator: CompactConfig, tmp_path: Path) -> None:
    """Catches a traceback from numpy that does not say what to do."""
    recipe = EstimatorRecipe(steps=2, batch=2, learning_rate=0.01)
    for path in layout.pictures.glob("train-*.frames.npy"):
        np.save(path, np.zeros(3))
    with pytest.raises(TrainingFailedError, match="makes what is missing"):
        Trainer(EstimatorTask(recipe, layout, tiny_estimator), recipe, tmp_path).run(Limits())


def test_no_data_says_what_comes_first(tmp_path: Path, tiny_estimator: CompactConfig) -> None:
    """Catches an empty folder that ends in a division by zero."""
    recipe = EstimatorRecipe(steps=2, batch=2, learning_rate=0.01)
    with pytest.raises(TrainingFailedError, match="make scenes and frames first"):
        Trainer(EstimatorTask(recipe, RunLayout(tmp_path), tiny_estimator), recipe, tmp_path).run(Limits())
