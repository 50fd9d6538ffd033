"""Progress of a build in a terminal. Each test names the defect that it catches."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from flows.watch import Pace, expected_of, progress_screen, watch_build
from tasks.build import open_build
from tasks.config import load_config
from tasks.plan import Planner
from tasks.status import StepStatus, build_status
from tasks.store import Store


def text_of(screen: Any) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(screen)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_pace_begins_with_the_first_work() -> None:
    """Catches a rate that counts what was done before, or the wait for the steps before."""
    now = [0.0]
    pace = Pace(lambda: now[0])
    assert pace.rate(StepStatus("pose", True, items=100, items_done=40)) == 0.0
    assert pace.rate(StepStatus("video", False)) == 0.0
    now[0] = 50.0
    assert pace.rate(StepStatus("video", True, items=10)) == 0.0
    now[0] = 60.0
    assert pace.rate(StepStatus("pose", True, items=100, items_done=70)) == 0.5
    assert pace.rate(StepStatus("video", True, items=10, items_done=2)) == pytest.approx(0.2)


@pytest.mark.usefixtures("toy")
def test_a_screen_shows_bars_rates_and_reasons(tmp_path: Path) -> None:
    """Catches failures without their reasons, and guesses that look like counts."""
    build = open_build(load_config(assignments=["appearance.candidates=4"]), Store(str(tmp_path)), "mine")
    planner = Planner(build)
    statuses = build_status(planner)
    expected = expected_of(planner, statuses)
    assert (expected["pose"], expected["appearance"]) == (3, 12)
    failed = StepStatus("pose", True, 2, 1, 3, 2, {"ok": 1, "failed": 1}, {"ValueError: no grasp": 1})
    now = [0.0]
    pace = Pace(lambda: now[0])
    pace.rate(StepStatus("pose", True, items=3, items_done=1))
    now[0] = 7200.0
    printed = text_of(progress_screen(build, [failed, *statuses[1:]], expected, pace, False))
    assert "Build mine: under way" in printed and "1 x pose: ValueError: no grasp" in printed
    assert "2/3" in printed and "0/~12" in printed and "0.5/h" in printed and "2 h 00 min" in printed


@pytest.mark.usefixtures("toy")
def test_it_ends_when_the_build_is_published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a watch that never ends, and the same table again and again in a pipe."""
    build = open_build(load_config(), Store(str(tmp_path)), "mine")
    rounds = [0]

    def publish(seconds: float) -> None:
        rounds[0] += 1
        if rounds[0] == 3:
            monkeypatch.setattr("flows.watch.read_snapshot", lambda store, build_id: object())
            monkeypatch.setattr(StepStatus, "finished", True)

    console = Console(file=io.StringIO(), width=120)
    watch_build(console, build, sleep=publish)
    assert isinstance(console.file, io.StringIO)
    printed = console.file.getvalue()
    assert rounds[0] == 3 and printed.count("nothing committed yet") == 1 and printed.count("published") == 1
