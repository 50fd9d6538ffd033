"""Shards as Prefect tasks, on a real server. Each test names the defect that it catches."""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import flows.step
from flows.generate import generate
from flows.step import spoken_report, under_our_own_rules
from tasks.errors import StoreError, TableError
from tasks.plan import Planner, Shard
from tasks.shard import ShardReport, run_shard
from tasks.snapshot import read_snapshot
from tasks.stage import OnProgress, Progress
from tasks.store import Store

SETTINGS = ["execution.executor=inline", "appearance.candidates=4", "execution.stages.appearance.shard_items=2"]

Worker = Callable[..., ShardReport]


def run(store: Path, *settings: str) -> Any:
    return generate(settings=[*SETTINGS, *settings], store=str(store), build="toy")


def with_trouble(trouble: list[Exception], tries: list[str]) -> Worker:
    """A worker of shards whose first tries end in `trouble`."""

    def work(planner: Planner, shard: Shard, *others: Any) -> ShardReport:
        tries.append(shard.step)
        if trouble:
            raise trouble.pop()
        return run_shard(planner, shard, *others)

    return work


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows.step, "FIRST_RETRY_AFTER_S", 0.01)


@pytest.mark.usefixtures("prefect_server", "toy")
def test_a_store_that_is_gone_for_a_moment_costs_a_retry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a build that ends because a store answered 503 once."""
    tries: list[str] = []
    monkeypatch.setattr(flows.step, "run_shard", with_trouble([StoreError("503"), StoreError("503")], tries))
    summary = run(tmp_path)
    assert tries.count("pose") == 3
    assert summary.counts["samples"] == 9


@pytest.mark.usefixtures("prefect_server", "toy")
def test_an_error_that_does_not_pass_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches minutes of back-off before a person sees a bug."""
    tries: list[str] = []
    monkeypatch.setattr(flows.step, "run_shard", with_trouble([TableError("wrong columns")], tries))
    with pytest.raises(TableError, match="wrong columns"):
        run(tmp_path)
    assert tries == ["pose"]
    assert read_snapshot(Store(str(tmp_path)), "toy") is None


@pytest.mark.usefixtures("prefect_server", "toy")
def test_as_many_shards_run_at_once_as_were_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches shards that all start at once, and shards that wait for each other."""
    lock, running, most = threading.Lock(), [0], [0]

    def work(planner: Planner, shard: Shard, *others: Any) -> ShardReport:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.2)
        report = run_shard(planner, shard, *others)
        with lock:
            running[0] -= 1
        return report

    monkeypatch.setattr(flows.step, "run_shard", work)
    run(tmp_path, "execution.parallel_shards=3")
    assert most[0] == 3


@pytest.mark.usefixtures("prefect_server", "toy")
def test_ctrl_c_ends_the_shards_under_way_without_a_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a build that goes on in its threads after Ctrl-C, and one that is recorded as completed."""
    begun = threading.Event()

    def never_ending(planner: Planner, shard: Shard, executor: Any, report: OnProgress) -> ShardReport:
        begun.set()
        while True:
            report(Progress(1, 3, 0))
            time.sleep(0.02)

    def press() -> None:
        begun.wait()
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(flows.step, "run_shard", never_ending)
    threading.Thread(target=press).start()
    before_s = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    assert time.monotonic() - before_s < 20
    assert list(tmp_path.rglob("*.parquet")) == []


def test_ray_does_not_take_the_processes_own_handler() -> None:
    """Catches a cancellation that kills the run before Prefect can record it."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        with under_our_own_rules():
            signal.signal(signal.SIGTERM, lambda number, frame: None)
        assert signal.getsignal(signal.SIGTERM) is before
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_log_line_says_what_a_shard_came_to() -> None:
    """Catches failures that the log hides."""
    report = ShardReport("pose", "s", 4, 4, {"ok": 2, "filtered": 1, "failed": 1}, taken_over=1, seconds=2.04)
    assert spoken_report(report) == "4 items, rows 2 ok, 1 filtered, 1 failed, 1 items taken over, 2.0 s"
    assert spoken_report(ShardReport("pose", "s", 4, skipped=True)) == "committed already"
