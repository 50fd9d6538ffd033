"""The progress of a build in the terminal: live bars, or plain lines where the output is a file or a pipe."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.text import Text

from flows.progress import ProgressView, StepMeter

PLAIN_LINE_EVERY_S = 5.0


@dataclass
class PlainLines:
    """Lines of text for files and pipes: at each start and end, and every few seconds between."""

    console: Console
    every_s: float = PLAIN_LINE_EVERY_S
    clock: Callable[[], float] = time.monotonic
    _last_s: dict[str, float] = field(init=False, default_factory=dict)

    def start(self, meters: Sequence[StepMeter]) -> None:
        """Nothing to open: lines come with the steps."""

    def show(self, meter: StepMeter) -> None:
        """Print the meter when it has just ended, or when its last line is old and something is left to say."""
        if meter.finished >= meter.total and meter.ended_s is None:
            return
        now_s = self.clock()
        last_s = self._last_s.get(meter.step)
        if last_s is None or now_s - last_s >= self.every_s or meter.ended_s is not None:
            self._last_s[meter.step] = now_s
            line = f"{meter.step:<18} {meter.finished:>5}/{meter.total:<5} {meter.summary(now_s)}".rstrip()
            self.console.print(line, highlight=False, markup=False, soft_wrap=True)

    def stop(self) -> None:
        """Nothing to close."""


class _Count(ProgressColumn):
    def render(self, task: Task) -> Text:
        meter: StepMeter = task.fields["meter"]
        return Text("" if meter.started_s is None else f"{meter.finished}/{meter.total}", justify="right")


class _Summary(ProgressColumn):
    def render(self, task: Task) -> Text:
        meter: StepMeter = task.fields["meter"]
        return Text(meter.summary(time.monotonic()), style="red" if meter.failed else "dim")


class LiveBars:
    """One bar per step in a terminal, redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._ids: dict[str, TaskID] = {}
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=28), _Count(), _Summary(), console=console
        )

    def start(self, meters: Sequence[StepMeter]) -> None:
        """Draw one empty bar per step."""
        for meter in meters:
            self._ids[meter.step] = self._progress.add_task(meter.step, total=100.0, meter=meter)
        self._progress.start()

    def show(self, meter: StepMeter) -> None:
        """Move the bar of the meter's step."""
        self._progress.update(self._ids[meter.step], completed=meter.percent)

    def stop(self) -> None:
        """Leave the last state of the bars on the screen."""
        self._progress.stop()


def view_for(console: Console) -> ProgressView:
    """Live bars where the console is a terminal, plain lines where it is not."""
    return LiveBars(console) if console.is_terminal else PlainLines(console)
