"""The loop that every model trains in: prefetch, update, average, report, checkpoint, stop, continue exactly.

Everything random in a step (which data, which crop, which noise) follows from the recipe's seed and the turn's number,
so a checkpoint needs no random state and a resumed run equals an uninterrupted one bit for bit on a CPU. One process
and the ranks of `torchrun` run the same loop; a step's batches are dealt to the ranks.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pam_models.acceleration.product_attention import product_attention
from pam_models.training.checkpoint import (
    CheckpointError,
    forget_old_shares,
    kept_tensors,
    load_checkpoint,
    load_kept,
    save_checkpoint,
    share_path,
)
from pam_models.training.ema import AveragedWeights
from pam_models.training.engines import engine_of
from pam_models.training.failures import explained_data, explained_step, not_a_number
from pam_models.training.loss_log import LossLog
from pam_models.training.ordering import Turn, turns_of
from pam_models.training.pace import Pace
from pam_models.training.prefetch import Batch, Prefetcher
from pam_models.training.recipe import LoopRecipe
from pam_models.training.schedule import learning_rate
from pam_models.training.stopping import stopping_on_signals
from pam_models.training.validations import ValidationLog
from pam_models.training.world import World

log = logging.getLogger(__name__)


class TrainingTask(Protocol):
    """What the loop needs to know about a model."""

    name: str
    modules: Mapping[str, nn.Module]

    def prepare(self, step: int) -> None:
        """Called once before the first step of a start, with the step that comes first."""

    def batch(self, turn: Turn) -> Batch:
        """The data of a turn; a pure function of the turn. Runs in a second thread."""

    def losses(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The loss under `loss`, and its parts for the log. `generator` is on the CPU wherever the batch is."""

    def sample(self, step: int, folder: Path) -> dict[str, float]:
        """Write pictures that a person can look at and return held-out figures. Runs on the averaged weights."""


@dataclass(frozen=True)
class Limits:
    """When a start ends before the recipe's last step, and how often it is saved and reported on."""

    minutes: float | None = None
    until_step: int | None = None
    checkpoint_every_s: float = 120.0
    report_every_s: float = 10.0


@dataclass(frozen=True)
class Outcome:
    """How a start ended."""

    step: int
    finished: bool
    seconds_total: float
    loss: float
    figures: dict[str, float] = field(default_factory=dict)


class Trainer:
    """One model, one recipe, one run directory; `watch` is called with the step and the losses at each report."""

    def __init__(
        self,
        task: TrainingTask,
        recipe: LoopRecipe,
        folder: Path,
        world: World | None = None,
        watch: Callable[[int, float], None] | None = None,
    ) -> None:
        self.task = task
        self.recipe = recipe
        self.folder = folder
        self.world = world or World()
        self.step = 0
        self.seconds = 0.0
        self.figures: dict[str, float] = {}
        self.losses = LossLog(folder / "losses.csv")
        self._turns = partial(self._own_turns, recipe.batches_per_step)
        self._turns(0)
        for module in task.modules.values():
            module.to(self.world.device)
        self._engine = engine_of(recipe, task.modules, self.world)
        self._average = AveragedWeights(task.modules, recipe.ema_decay)
        self._validations = ValidationLog(folder / "validations.csv")
        self._watch = watch

    @property
    def checkpoint_path(self) -> Path:
        """Where the state of the run is kept."""
        return self.folder / "checkpoint.pt"

    def run(self, limits: Limits) -> Outcome:
        """Continue the run from its checkpoint until it is finished, told to stop or out of its time.

        Raises TrainingFailedError, which says what to change; the checkpoint before is whole.
        """
        self.resume()
        self._prepare()
        last = min(self.recipe.steps, limits.until_step or self.recipe.steps)
        pace = Pace(self.task.name, self.step, last, limits.report_every_s)
        began = saved = time.monotonic()
        with (
            stopping_on_signals(self.task.name) as stop,
            Prefetcher(self.task.batch, self._turns, self.step, last) as batches,
        ):

            def wanted() -> bool:
                return stop.asked or (limits.minutes is not None and time.monotonic() - began > 60 * limits.minutes)

            for step_batches in self._read(batches):
                stopped = self._update(step_batches, wanted)
                if pace.report(self.step, self.losses.mean) and self._watch is not None:
                    self._watch(self.step, self.losses.mean)
                if self.step % self.recipe.sample_every == 0 and self.step < last:
                    self.sample()
                due = time.monotonic() - saved > limits.checkpoint_every_s
                if self._agreed(due):
                    self.seconds += time.monotonic() - saved
                    saved = time.monotonic()
                    self.save()
                if stopped:
                    break
        self.seconds += time.monotonic() - saved
        self.save()
        finished = self.step >= self.recipe.steps
        word = "finished" if finished else "stopped"
        log.info("%s: %s at step %d of %d", self.task.name, word, self.step, self.recipe.steps)
        return Outcome(self.step, finished, self.seconds, self.losses.mean, dict(self.figures))

    def sample(self) -> dict[str, float]:
        """Write a sample sheet of the present averaged weights and remember the held-out figures."""
        if self.world.first:
            with self._average.in_place(), torch.no_grad(), _evaluating(self.task.modules):
                self.figures = self.task.sample(self.step, self.folder / "samples")
            self._validations.append(self.step, self.figures)
            shown = ", ".join(f"{name} {value:.4g}" for name, value in self.figures.items())
            log.info("%s step %d held-out: %s", self.task.name, self.step, shown or "sheet written")
        self.world.barrier()
        return self.figures

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside, the task's modules hold the averaged weights in evaluation mode: what is exported."""
        with self._average.in_place(), _evaluating(self.task.modules):
            yield

    def save(self) -> None:
        """Write the checkpoint, atomically over all ranks."""
        world, path, engine = self.world, self.checkpoint_path, self._engine
        if engine.sharded and not world.first:
            save_checkpoint(share_path(path, self.step, world.rank), engine.state())
        world.barrier()
        if world.first:
            state = {
                "step": self.step,
                "seconds": self.seconds,
                "mean_loss": self.losses.mean,
                "figures": self.figures,
                "modules": {name: kept_tensors(module) for name, module in self.task.modules.items()},
                "optimizer": engine.state(),
                "average": self._average.state(),
            }
            save_checkpoint(path, state)
        world.barrier()
        if not world.first:
            forget_old_shares(path, self.step, world.rank)

    def resume(self) -> bool:
        """Take up the checkpoint where there is one. Raises CheckpointError when it belongs to other shapes."""
        state = load_checkpoint(self.checkpoint_path)
        if state is None:
            return False
        try:
            for name, module in self.task.modules.items():
                load_kept(module, state["modules"][name])
            self._engine.load(self._own_share(state))
            self._average.load(state["average"])
        except (RuntimeError, KeyError, ValueError) as error:
            line = str(error).splitlines()[0]
            raise CheckpointError(f"{self.checkpoint_path} is of another {self.task.name} model: {line}") from error
        self.step = int(state["step"])
        self.seconds = float(state["seconds"])
        self.losses.mean = float(state["mean_loss"])
        self.figures = dict(state["figures"])
        if self.world.first:
            self.losses.forget_from(self.step)
            self._validations.forget_from(self.step)
        self.world.barrier()
        log.info("%s: continuing at step %d", self.task.name, self.step)
        return True

    def _own_share(self, state: dict[str, Any]) -> dict[str, Any]:
        if not self._engine.sharded or self.world.first:
            return dict(state["optimizer"])
        path = share_path(self.checkpoint_path, int(state["step"]), self.world.rank)
        share = load_checkpoint(path)
        if share is None:
            raise ValueError(f"{path.name}, the part of rank {self.world.rank}, is absent")
        return share

    def _own_turns(self, parts: int, step: int) -> Sequence[Turn]:
        return turns_of(step, parts, self.world.rank, self.world.size)

    def _prepare(self) -> None:
        """Let the first rank settle what the run's data are; the others then read the same."""
        try:
            if self.world.first:
                self.task.prepare(self.step)
            self.world.barrier()
            if not self.world.first:
                self.task.prepare(self.step)
        except Exception as error:
            raise explained_data(self.task.name, self.step, error, self.recipe) from error

    def _agreed(self, wish: bool) -> bool:
        """Whether the first rank wishes it: clocks differ between ranks."""
        return bool(self.world.sum([float(wish and self.world.first)])[0])

    def _read(self, batches: Iterator[list[Batch]]) -> Iterator[list[Batch]]:
        """The batches; a batch that cannot be made is explained."""
        while True:
            try:
                ready = next(batches)
            except StopIteration:
                return
            except Exception as error:
                raise explained_data(self.task.name, self.step, error, self.recipe) from error
            yield ready

    def _update(self, batches: Sequence[Batch], stop: Callable[[], bool]) -> bool:
        """One step; returns whether any rank was asked to stop after it."""
        recipe, name = self.recipe, self.task.name
        turns = self._turns(self.step)
        parts: list[dict[str, float]] = []
        try:
            for turn, batch in zip(turns, batches, strict=True):
                losses = self._losses(turn, batch)
                parts.append({part: float(value.detach()) for part, value in losses.items()})
                if math.isfinite(parts[-1]["loss"]):
                    self._engine.backward(losses["loss"], last=turn is turns[-1])
        except Exception as error:
            raise explained_step(name, self.step, error, recipe) from error
        labels = list(parts[0])
        means = [sum(part[label] for part in parts) / recipe.batches_per_step for label in labels]
        *sums, asked = self.world.sum([*means, float(stop())])
        row = dict(zip(labels, sums, strict=True))
        if not math.isfinite(row["loss"]):
            raise not_a_number(name, self.step, row["loss"], recipe)
        rate = learning_rate(self.step, recipe)
        try:
            self._engine.update(rate)
        except Exception as error:
            raise explained_step(name, self.step, error, recipe) from error
        self._average.update(self.step)
        self.losses.append({"step": self.step, "learning_rate": rate, **row}, write=self.world.first)
        self.step += 1
        return asked > 0

    def _losses(self, turn: Turn, batch: Batch) -> dict[str, Tensor]:
        generator = torch.Generator().manual_seed((self.recipe.seed << 32) + turn.number)
        device = self.world.device
        in_bf16 = self.recipe.precision == "bf16"
        with (
            torch.autocast(device.type, torch.bfloat16, enabled=in_bf16),
            product_attention(enabled=in_bf16 and device.type == "cpu"),
        ):
            return self.task.losses(self.world.to_device(batch), generator)


@contextmanager
def _evaluating(modules: Mapping[str, nn.Module]) -> Iterator[None]:
    training = {name: module.training for name, module in modules.items()}
    for module in modules.values():
        module.eval()
    try:
        yield
    finally:
        for name, module in modules.items():
            module.train(training[name])
