"""How far each step of a running build is, and the view that shows it.

Shard tasks report from several threads, so every change goes through one lock.
"""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Protocol


@dataclass
class StepMeter:
    """How far one step is.

    ``resumed`` items were committed by an earlier run, ``done`` items by this one. ``statuses`` counts the rows of the
    whole step by status once it has ended.
    """

    step: str
    total: int = 0
    resumed: int = 0
    done: int = 0
    failed: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    started_s: float | None = None
    ended_s: float | None = None

    @property
    def finished(self) -> int:
        """Items that need no more work, whoever did them."""
        return self.resumed + self.done

    @property
    def percent(self) -> float:
        """Finished share in percent; a step without items is complete once it has ended."""
        if self.total == 0:
            return 100.0 if self.ended_s is not None else 0.0
        return min(100.0, 100.0 * self.finished / self.total)

    def seconds(self, now_s: float) -> float:
        """Seconds since the step began, up to its end."""
        if self.started_s is None:
            return 0.0
        return (now_s if self.ended_s is None else self.ended_s) - self.started_s

    def rate(self, now_s: float) -> float:
        """Items per second of this run; resumed items cost nothing and do not count."""
        seconds = self.seconds(now_s)
        return self.done / seconds if seconds > 0 else 0.0

    def seconds_left(self, now_s: float) -> float | None:
        """Expected seconds to the end of the step, or None while nothing has been measured."""
        rate = self.rate(now_s)
        return (self.total - self.finished) / rate if rate > 0 else None

    def summary(self, now_s: float) -> str:
        """Items, rate, time and trouble in one short phrase."""
        if self.started_s is None:
            return "waiting"
        left = self.seconds_left(now_s)
        parts = []
        if self.ended_s is not None:
            parts.append(f"{spoken_time(self.seconds(now_s))}")
        elif self.done:
            parts.append(_spoken_rate(self.rate(now_s)))
            if left is not None:
                parts.append(f"{spoken_time(left)} left")
        if self.resumed:
            parts.append(f"{self.resumed} done before")
        for status, number in (self.statuses or {"failed": self.failed}).items():
            if number and status != "ok":
                parts.append(f"{number} {status}")
        return ", ".join(parts)


class ProgressView(Protocol):
    """Somewhere that a person looks at."""

    def start(self, meters: Sequence[StepMeter]) -> None: ...  # noqa: D102
    def show(self, meter: StepMeter) -> None: ...  # noqa: D102
    def stop(self) -> None: ...  # noqa: D102


class SilentView:
    """Shows nothing: a worker writes to Prefect's log and page instead."""

    def start(self, meters: Sequence[StepMeter]) -> None:
        """Nothing to open."""

    def show(self, meter: StepMeter) -> None:
        """Nothing to draw."""

    def stop(self) -> None:
        """Nothing to close."""


class BuildProgress:
    """The meters of a build's steps, in order, and the view that shows them."""

    def __init__(self, steps: Sequence[str], view: ProgressView, clock: Callable[[], float] = time.monotonic) -> None:
        self.meters = {step: StepMeter(step) for step in steps}
        self.clock = clock
        self._view = view
        self._shards: dict[tuple[str, str], tuple[int, int]] = {}
        self._lock = threading.Lock()

    def begin(self, step: str, total: int, resumed: int = 0) -> StepMeter:
        """Start the clock of ``step``, which has ``total`` items of which ``resumed`` are committed already."""
        with self._lock:
            meter = self.meters[step]
            meter.total, meter.resumed, meter.started_s = total, resumed, self.clock()
            self._view.show(meter)
            return meter

    def report(self, step: str, shard: str, done: int, failed: int = 0) -> StepMeter:
        """Take in how far a shard is: ``done`` items so far, ``failed`` of them; one that is run again starts over."""
        with self._lock:
            meter = self.meters[step]
            done_before, failed_before = self._shards.get((step, shard), (0, 0))
            self._shards[step, shard] = (done, failed)
            meter.done += done - done_before
            meter.failed += failed - failed_before
            self._view.show(meter)
            return meter

    def end(
        self, step: str, statuses: Mapping[str, int], *, total: int | None = None, resumed: bool = False
    ) -> StepMeter:
        """Stop the clock of ``step``; ``statuses`` counts its rows, which are the items of a step that has none.

        ``total`` is the number of items where only an expected one was known before; ``resumed`` says that nothing of
        the step was left to do.
        """
        with self._lock:
            meter = self.meters[step]
            meter.ended_s, meter.statuses = self.clock(), statuses
            meter.total = meter.total if total is None else total
            if meter.total == 0:
                meter.total = sum(statuses.values())
                meter.resumed, meter.done = (meter.total, 0) if resumed else (0, meter.total)
            self._view.show(meter)
            return meter


_view: ContextVar[ProgressView | None] = ContextVar("pam_progress_view", default=None)


@contextmanager
def shown_on(view: ProgressView) -> Iterator[None]:
    """Show the progress of every build that runs inside the block on ``view``."""
    token = _view.set(view)
    try:
        yield
    finally:
        _view.reset(token)


@contextmanager
def followed(steps: Sequence[str]) -> Iterator[BuildProgress]:
    """The progress of one build over ``steps``, shown on the current view while the block runs."""
    view = _view.get() or SilentView()
    progress = BuildProgress(steps, view)
    view.start(list(progress.meters.values()))
    try:
        yield progress
    finally:
        view.stop()


def spoken_time(seconds: float) -> str:
    """``8 s``, ``2 min 05 s``, ``3 h 07 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def _spoken_rate(per_second: float) -> str:
    if per_second >= 1:
        return f"{per_second:.1f}/s"
    return f"{1 / per_second:.1f} s each" if per_second > 0 else ""
