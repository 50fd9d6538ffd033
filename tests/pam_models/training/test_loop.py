"""The loop: exact resume, stopping, averaging, failing clearly."""

import csv
import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pam_models.training.checkpoint import CheckpointError
from pam_models.training.failures import TrainingFailedError
from pam_models.training.loop import Limits, Trainer
from pam_models.training.ordering import Turn
from pam_models.training.recipe import LoopRecipe

RECIPE = LoopRecipe(steps=12, batch=4, learning_rate=0.05, warmup_steps=3, ema_decay=0.9, sample_every=5)


class Line:
    """Fits a line; its data and noise follow from the step and the generator alone. Batch norm adds a buffer."""

    name = "line"

    def __init__(self, seed: int = 0, poison_at: int | None = None, stop_at: int | None = None, width: int = 2) -> None:
        torch.manual_seed(seed)
        self.model = nn.Sequential(nn.BatchNorm1d(width), nn.Linear(width, 1))
        self.modules: Mapping[str, nn.Module] = {"model": self.model}
        self.width = width
        self.poison_at = poison_at
        self.stop_at = stop_at
        self.sampled_with: list[Tensor] = []

    def prepare(self, step: int) -> None:
        self.first = step

    def batch(self, turn: Turn) -> dict[str, Any]:
        x = torch.randn(4, self.width, generator=torch.Generator().manual_seed(turn.number))
        return {"x": x, "step": turn.step}

    def losses(self, batch: Mapping[str, Any], generator: torch.Generator) -> dict[str, Tensor]:
        if batch["step"] == self.stop_at:
            os.kill(os.getpid(), signal.SIGTERM)
        noise = torch.randn(4, 1, generator=generator)
        loss = (self.model(batch["x"]) - batch["x"].sum(1, keepdim=True) + 0.1 * noise).square().mean()
        return {"loss": loss * (float("nan") if batch["step"] == self.poison_at else 1.0)}

    def sample(self, step: int, folder: Path) -> dict[str, float]:
        self.sampled_with.append(self.model[1].weight.detach().clone())
        assert not self.model.training
        return {"step": float(step)}


def _run(folder: Path, limits: Limits, seed: int = 0, task: Line | None = None) -> Trainer:
    trainer = Trainer(task or Line(seed), RECIPE, folder)
    trainer.run(limits)
    return trainer


def test_a_resumed_run_is_the_uninterrupted_run_bit_for_bit(tmp_path: Path) -> None:
    """Catches lost optimizer, averaging, buffers, schedule, noise or data order; the second start has another seed."""
    whole = _run(tmp_path / "whole", Limits())
    _run(tmp_path / "parts", Limits(until_step=5))
    parts = _run(tmp_path / "parts", Limits(), seed=99)
    models = [trainer.task.modules["model"] for trainer in (whole, parts)]
    ours, theirs = (model.state_dict() for model in models)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    with whole.averaged(), parts.averaged():
        first, second = (list(model.parameters()) for model in models)
        assert all(torch.equal(*pair) for pair in zip(first, second, strict=True))


def test_sigterm_stops_after_the_step_and_keeps_it(tmp_path: Path) -> None:
    """Catches a handler that loses the work, or that stays installed."""
    before = signal.getsignal(signal.SIGTERM)
    trainer = _run(tmp_path, Limits(), task=Line(stop_at=3))
    assert trainer.step == 4
    assert signal.getsignal(signal.SIGTERM) is before
    assert _run(tmp_path, Limits()).step == 12


def test_the_time_limit_ends_a_start(tmp_path: Path) -> None:
    """Catches a limit that is only looked at when a checkpoint is due."""
    assert _run(tmp_path, Limits(minutes=0.0)).step == 1


def test_samples_see_the_average_and_leave_the_weights_alone(tmp_path: Path) -> None:
    """Catches sampling from the live weights, and averages that leak into training."""
    task = Line()
    trainer = _run(tmp_path, Limits(until_step=6), task=task)
    live = task.model[1].weight.detach().clone()
    trainer.sample()
    assert torch.equal(task.model[1].weight, live)
    assert not torch.equal(task.sampled_with[-1], live)
    assert task.model.training


def test_a_loss_that_is_no_number_says_what_to_change_and_keeps_the_checkpoint(tmp_path: Path) -> None:
    """Catches weights of nan that overwrite a good checkpoint."""
    _run(tmp_path, Limits(until_step=4))
    with pytest.raises(TrainingFailedError, match="learning_rate"):
        _run(tmp_path, Limits(), task=Line(poison_at=6))
    assert _run(tmp_path, Limits()).step == 12


def test_a_checkpoint_of_another_model_is_refused(tmp_path: Path) -> None:
    """Catches a silent partial load."""
    _run(tmp_path, Limits(until_step=2))
    with pytest.raises(CheckpointError, match="another line model"):
        _run(tmp_path, Limits(), task=Line(width=3))


def test_every_step_has_one_line_in_the_losses(tmp_path: Path) -> None:
    """Catches a plot with steps twice: those after the last checkpoint of a killed start are trained again."""
    _run(tmp_path, Limits(until_step=6))
    trainer = Trainer(Line(), RECIPE, tmp_path)
    trainer.resume()
    trainer.step = 4
    trainer.save()
    _run(tmp_path, Limits())
    with (tmp_path / "losses.csv").open(encoding="utf-8") as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == list(range(12))
