"""``pam status --watch``: a build's progress in a terminal, out of the footers in its store, until it is published."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Column, Table
from rich.text import Text

from flows.progress import spoken_time
from tasks.build import Build
from tasks.expected import expected_items
from tasks.plan import Planner
from tasks.snapshot import read_snapshot
from tasks.status import StepStatus, build_status
from tasks.steps import BY_NAME

EVERY_S = 2.0
REASONS_SHOWN = 5


@dataclass
class Pace:
    """Items per second of each step since the watch began; shards count when they are committed."""

    clock: Callable[[], float] = time.monotonic
    _first: dict[str, tuple[float, int]] = field(default_factory=dict)

    def rate(self, status: StepStatus) -> float:
        """Items per second of a step, 0 while nothing was committed under the watcher's eyes."""
        now_s = self.clock()
        began_s, done = self._first.setdefault(status.step, (now_s, status.items_done))
        if status.items_done == done:
            # The clock starts with the step's first work, not while it waits for the steps before.
            if done == 0:
                self._first[status.step] = (now_s, 0)
            return 0.0
        return (status.items_done - done) / max(now_s - began_s, 1e-9)


def watch_build(
    console: Console,
    build: Build,
    *,
    every_s: float = EVERY_S,
    sleep: Callable[[float], None] = time.sleep,
    pace: Pace | None = None,
) -> None:
    """Show a build's progress until its snapshot is written. In a pipe, one table each time something has changed."""
    planner, pace = Planner(build), pace or Pace()
    live = Live(console=console, auto_refresh=False) if console.is_terminal else None
    shown: Sequence[StepStatus] = ()
    if live is not None:
        live.start()
    try:
        while True:
            statuses = build_status(planner)
            published = read_snapshot(build.store, build.build_id) is not None and all(s.finished for s in statuses)
            screen = progress_screen(build, statuses, expected_of(planner, statuses), pace, published)
            if live is not None:
                live.update(screen, refresh=True)
            elif statuses != shown or published:
                console.print(screen)
            shown = statuses
            if published:
                return
            sleep(every_s)
    finally:
        if live is not None:
            live.stop()


def expected_of(planner: Planner, statuses: Sequence[StepStatus]) -> Mapping[str, int]:
    """Items of each step: counted where all its blocks are planned, expected by the configuration elsewhere."""
    expected = expected_items(planner.build.config, planner.layout.trajectories)
    return {s.step: s.items if s.planned else max(s.items, expected[s.step]) for s in statuses}


def progress_screen(
    build: Build, statuses: Sequence[StepStatus], expected: Mapping[str, int], pace: Pace, published: bool
) -> RenderableType:
    """A bar, counts, rate and time left for each step, and why items failed."""
    numbers = (Column(name, justify="right") for name in ("items", "ok", "filtered", "failed", "rate", "left"))
    table = Table("step", Column("", width=24), *numbers)
    for status in statuses:
        table.add_row(*_row(status, expected[status.step], pace.rate(status)))
    state = (
        "published" if published else "under way" if any(s.items_done for s in statuses) else "nothing committed yet"
    )
    return Group(Text(f"Build {build.build_id}: {state}"), table, *_reasons(statuses))


def _row(status: StepStatus, total: int, rate: float) -> tuple[RenderableType, ...]:
    done = status.items_done
    bar = ProgressBar(total=max(1, total), completed=done if total else int(status.finished), width=24)
    items = "" if BY_NAME[status.step].reduce else f"{done}/{'' if status.planned else '~'}{total}"
    counts = (str(status.statuses.get(name, 0)) for name in ("ok", "filtered", "failed"))
    pace = f"{rate:.1f}/s" if rate >= 1 else f"{rate * 3600:.1f}/h" if rate else ""
    left = spoken_time((total - done) / rate) if rate and total > done else ""
    return status.step, bar, items, *counts, pace, "done" if status.finished else left


def _reasons(statuses: Sequence[StepStatus]) -> list[Text]:
    failed = [
        (count, f"{status.step}: {reason}")
        for status in statuses
        if status.statuses.get("failed")
        for reason, count in status.reasons.items()
    ]
    return [Text(f"{count} x {reason}", style="red") for count, reason in sorted(failed, reverse=True)[:REASONS_SHOWN]]
