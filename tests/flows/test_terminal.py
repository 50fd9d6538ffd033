"""Each test names the defect that it catches."""

import io

from rich.console import Console

from flows.progress import BuildProgress
from flows.terminal import LiveBars, PlainLines, view_for


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_pipe_gets_few_plain_lines() -> None:
    """Catches control codes in log files and one line per item."""
    out, clock = io.StringIO(), Clock()
    view = view_for(Console(file=out, width=100))
    assert isinstance(view, PlainLines)
    view.clock = clock
    progress = BuildProgress(["pose"], view, clock)
    progress.begin("pose", total=40)
    for done in range(1, 41):
        clock.now_s += 0.25
        progress.report("pose", "shard", done)
    progress.end("pose", {"ok": 40})
    lines = out.getvalue().splitlines()
    assert len(lines) == 3, lines  # the start, after five seconds, the end
    assert "\x1b" not in out.getvalue()
    assert lines[0].split() == ["pose", "0/40"]
    assert lines[1].split(maxsplit=2) == ["pose", "20/40", "4.0/s, 5 s left"]
    assert lines[-1].split(maxsplit=2) == ["pose", "40/40", "10 s"]


def test_a_terminal_gets_a_bar_per_step() -> None:
    """Catches a step without a bar, and bars that do not show failures."""
    out = io.StringIO()
    view = view_for(Console(file=out, width=120, force_terminal=True))
    assert isinstance(view, LiveBars)
    progress = BuildProgress(["pose", "video"], view)
    view.start(list(progress.meters.values()))
    progress.begin("pose", total=2)
    progress.report("pose", "shard", 2, failed=1)
    progress.end("pose", {"ok": 1, "failed": 1})
    view.stop()
    assert "pose" in out.getvalue()
    assert "1 failed" in out.getvalue()
    assert "waiting" in out.getvalue()
