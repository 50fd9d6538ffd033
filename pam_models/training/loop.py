"""The loop that every model trains in: prefetch, update, average, report, checkpoint, stop, continue exactly.

Everything random in a step (which data, which crop, which noise) follows from the recipe's seed and the step's number,
so a checkpoint needs no random state and a resumed run equals an uninterrupted one bit for bit on a CPU.
"""

from __future__ import annotations

import csv
import logging
import math
import signal
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from pam_models.training.checkpoint import CheckpointError, load_checkpoint, save_checkpoint
from pam_models.training.ema import AveragedWeights, named_parameters
from pam_models.training.recipe import LoopRecipe
from pam_models.training.schedule import learning_rate_at

log = logging.getLogger(__name__)

Batch = Mapping[str, Any]


class TrainingFailedError(RuntimeError):
    """Training cannot go on; the message says what to change."""


class TrainingTask(Protocol):
    """What the loop needs to know about a model."""

    name: str
    modules: Mapping[str, nn.Module]

    def prepare(self, step: int) -> None:
        """Called once before the first step of a start, with the step that comes first."""

    def batch(self, step: int) -> Batch:
        """The data of a step; a pure function of the step. Runs in a second thread."""

    def losses(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The loss under `loss`, and its parts for the log."""

    def sample(self, step: int, folder: Path) -> dict[str, float]:
        """Write pictures that a person can look at and return held-out figures. Runs on the averaged weights."""


@dataclass(frozen=True)
class Limits:
    """When a start ends before the recipe's last step."""

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
    """One model, one recipe, one run directory."""

    def __init__(self, task: TrainingTask, recipe: LoopRecipe, folder: Path) -> None:
        self.task = task
        self.recipe = recipe
        self.folder = folder
        self.step = 0
        self.seconds = 0.0
        self.figures: dict[str, float] = {}
        self._mean_loss = math.nan
        self._parameters = named_parameters(task.modules)
        self._average = AveragedWeights(task.modules, recipe.ema_decay)
        self._optimizer = torch.optim.AdamW(
            self._parameters.values(),
            lr=recipe.learning_rate,
            betas=recipe.betas,
            weight_decay=recipe.weight_decay,
            fused=True,
        )
        self._stop = False

    @property
    def checkpoint_path(self) -> Path:
        """Where the state of the run is kept."""
        return self.folder / "checkpoint.pt"

    def run(self, limits: Limits) -> Outcome:
        """Continue the run from its checkpoint until it is finished, told to stop or out of its time."""
        self.resume()
        self.task.prepare(self.step)
        last = min(self.recipe.steps, limits.until_step or self.recipe.steps)
        pace = _Pace(self, last)
        began = saved = time.monotonic()
        with self._stopping_on_signals(), _Prefetcher(self.task, self.step, last) as batches:
            for batch in batches:
                self._update(batch)
                now = time.monotonic()
                pace.report(now, limits.report_every_s)
                if self.step % self.recipe.sample_every == 0 and self.step < last:
                    self.sample()
                if now - saved > limits.checkpoint_every_s:
                    self.seconds += now - saved
                    saved = now
                    self.save()
                if self._stop or (limits.minutes is not None and now - began > 60 * limits.minutes):
                    break
        self.seconds += time.monotonic() - saved
        self.save()
        finished = self.step >= self.recipe.steps
        log.info(
            "%s: %s at step %d of %d",
            self.task.name,
            "finished" if finished else "stopped",
            self.step,
            self.recipe.steps,
        )
        return Outcome(self.step, finished, self.seconds, self._mean_loss, dict(self.figures))

    def sample(self) -> dict[str, float]:
        """Write a sample sheet of the present averaged weights and remember the held-out figures."""
        with self._average.in_place(), torch.no_grad(), _evaluating(self.task.modules):
            self.figures = self.task.sample(self.step, self.folder / "samples")
        shown = ", ".join(f"{name} {value:.4g}" for name, value in self.figures.items())
        log.info("%s step %d held-out: %s", self.task.name, self.step, shown or "sheet written")
        return self.figures

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Inside, the task's modules hold the averaged weights in evaluation mode: what is exported."""
        with self._average.in_place(), _evaluating(self.task.modules):
            yield

    def save(self) -> None:
        """Write the checkpoint."""
        save_checkpoint(
            self.checkpoint_path,
            {
                "step": self.step,
                "seconds": self.seconds,
                "mean_loss": self._mean_loss,
                "figures": self.figures,
                "modules": {name: module.state_dict() for name, module in self.task.modules.items()},
                "optimizer": self._optimizer.state_dict(),
                "average": self._average.state(),
            },
        )

    def resume(self) -> bool:
        """Take up the checkpoint where there is one. Raises CheckpointError when it belongs to other shapes."""
        state = load_checkpoint(self.checkpoint_path)
        if state is None:
            return False
        try:
            for name, module in self.task.modules.items():
                module.load_state_dict(state["modules"][name])
            self._optimizer.load_state_dict(state["optimizer"])
            self._average.load(state["average"])
        except (RuntimeError, KeyError, ValueError) as error:
            line = str(error).splitlines()[0]
            raise CheckpointError(f"{self.checkpoint_path} is of another {self.task.name} model: {line}") from error
        self.step = int(state["step"])
        self.seconds = float(state["seconds"])
        self._mean_loss = float(state["mean_loss"])
        self.figures = dict(state["figures"])
        self._forget_losses_from(self.step)
        log.info("%s: continuing at step %d", self.task.name, self.step)
        return True

    def _update(self, batch: Batch) -> None:
        recipe = self.recipe
        rate = learning_rate_at(
            self.step,
            peak=recipe.learning_rate,
            steps=recipe.steps,
            warmup_steps=recipe.warmup_steps,
            final_fraction=recipe.final_learning_rate_fraction,
        )
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        generator = torch.Generator().manual_seed((recipe.seed << 32) + self.step)
        with torch.autocast("cpu", torch.bfloat16, enabled=recipe.precision == "bf16"):
            losses = self.task.losses(batch, generator)
        loss = losses["loss"]
        value = float(loss.detach())
        if not math.isfinite(value):
            raise TrainingFailedError(
                f"{self.task.name}: the loss is {value} at step {self.step}; lower learning_rate "
                f"({recipe.learning_rate}) or clip_norm ({recipe.clip_norm}) and start again from the checkpoint"
            )
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._parameters.values(), recipe.clip_norm)
        self._optimizer.step()
        self._average.update(self.step)
        self._mean_loss = value if math.isnan(self._mean_loss) else 0.98 * self._mean_loss + 0.02 * value
        self._append(
            {"step": self.step, "learning_rate": rate, **{name: float(part.detach()) for name, part in losses.items()}}
        )
        self.step += 1

    def _append(self, row: dict[str, float]) -> None:
        path = self.folder / "losses.csv"
        new = not path.is_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)

    def _forget_losses_from(self, step: int) -> None:
        """Drop the lines of steps that come after the checkpoint: they are trained again."""
        path = self.folder / "losses.csv"
        if not path.is_file():
            return
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        kept = [row for row in rows if int(row.split(",", 1)[0]) < step]
        path.write_text("\n".join([header, *kept]) + "\n", encoding="utf-8")

    @property
    def mean_loss(self) -> float:
        """The loss averaged over about the last fifty steps."""
        return self._mean_loss

    @contextmanager
    def _stopping_on_signals(self) -> Iterator[None]:
        def stop(_signum: int, _frame: FrameType | None) -> None:
            log.info("%s: told to stop; writing the checkpoint", self.task.name)
            self._stop = True

        try:
            before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
        except ValueError:  # not the main thread: whoever owns the process handles its signals
            before = {}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Pace:
    """Progress lines with the speed since the last line and the time that is left."""

    def __init__(self, trainer: Trainer, last: int) -> None:
        self._trainer = trainer
        self._last = last
        self._then = time.monotonic()
        self._then_step = trainer.step

    def report(self, now: float, every_s: float) -> None:
        if now - self._then < every_s:
            return
        trainer = self._trainer
        speed = (trainer.step - self._then_step) / (now - self._then)
        minutes = (self._last - trainer.step) / speed / 60
        log.info(
            "%s step %d/%d loss %.4f %.2f steps/s, %.1f min left",
            trainer.task.name, trainer.step, self._last, trainer.mean_loss, speed, minutes,
        )  # fmt: skip
        self._then, self._then_step = now, trainer.step


class _Prefetcher:
    """Makes the next batches in a second thread while the present one is learnt."""

    def __init__(self, task: TrainingTask, first: int, last: int, ahead: int = 3) -> None:
        self._task = task
        self._steps = iter(range(first, last))
        self._ahead = ahead
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="batches")
        self._waiting: list[Future[Batch]] = []

    def __enter__(self) -> Iterator[Batch]:
        return self._batches()

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _batches(self) -> Iterator[Batch]:
        for _ in range(self._ahead):
            self._submit()
        while self._waiting:
            batch = self._waiting.pop(0).result()
            self._submit()
            yield batch

    def _submit(self) -> None:
        step = next(self._steps, None)
        if step is not None:
            self._waiting.append(self._pool.submit(self._task.batch, step))


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
