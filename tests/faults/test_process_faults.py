"""Processes that end where they should not: the driver, a worker, Ray's head; and two drivers on one build."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.plain_build import simulated_build, work_off
from tasks.build import load_build
from tasks.plan import Planner
from tasks.steps import BY_NAME
from tasks.store import Store
from tests.faults.conftest import INLINE, snapshot_of, undisturbed
from tests.faults.lives import Life, listens_at, wait_for

RAY = ("execution.num_cpus=4", "pose.trajectories=4", "appearance.candidates=2")
# Slow enough to be met at work: a few tenths of a second for each item.
SLOW = "execution.simulation.speed=20"
# Five seconds of patience, seven that Ray takes to end without its head, and a slow machine.
GONE_WITHIN_S = 60.0

Begin = Callable[..., Life]

# Each life has its own patience; together they may take longer than one test's usual time.
pytestmark = pytest.mark.timeout(480)


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    numbers = iter(range(100))
    return lambda *settings: Life(tmp_path / "store", tmp_path / f"life-{next(numbers)}.txt", *settings)


def whole(store: Store) -> bytes:
    return snapshot_of(load_build(store, "build"))


def reference(tmp_path: Path, *settings: str) -> bytes:
    return undisturbed(Store(str(tmp_path / "undisturbed")), *settings)


def test_a_killed_driver_resumes_to_the_same_snapshot(begin: Begin, store: Store, tmp_path: Path) -> None:
    """Catches work that is remembered outside the store, a half-written part, and committed work done again."""
    first = begin(*INLINE)
    first.wait_for(lambda: first.shards() >= 4)
    first.process.kill()
    first.end()
    second = begin(*INLINE)
    assert second.end()[0] == 0
    again = set(first.log.read_text().split()) & set(second.log.read_text().split()) - {"begun", "ended"}
    assert len(again) <= 1, "one worker had at most one shard under way"
    assert whole(store) == reference(tmp_path)


def test_two_builds_race_on_one_id(begin: Begin, store: Store, tmp_path: Path) -> None:
    """Catches a part that the second one replaces, rows that stand twice, and a loser that ends in an error."""
    lives = [begin(*INLINE), begin(*INLINE)]
    assert [life.end()[0] for life in lives] == [0, 0]
    build = load_build(store, "build")
    planned = {key for step in ("pose", "appearance", "video", "samples") for key in Planner(build).parts(step)}
    there = {key for step in ("pose", "appearance", "video", "samples") for key in build.committed(step)}
    assert there == planned, "one set of parts"
    assert whole(store) == reference(tmp_path)


@pytest.mark.slow
def test_ray_ends_with_a_killed_driver_and_the_build_resumes(begin: Begin, store: Store, tmp_path: Path) -> None:
    """Catches workers that keep the GPUs of a driver that is gone, and servers that strangers reach."""
    first = begin(*RAY, SLOW)
    first.wait_for(lambda: first.shards() >= 2)
    listening = {pid: listens_at(pid) for pid in [first.process.pid, *first.relatives()]}
    assert set().union(*listening.values()) == {"127.0.0.1"}, f"a local Ray listens on loopback alone: {listening}"
    first.process.kill()
    first.end()
    wait_for(lambda: first.relatives("StageWorker") == [] and first.relatives("raylet") == [], 30.0)
    assert begin(*RAY, "execution.executor=inline").end()[0] == 0
    assert whole(store) == reference(tmp_path, *RAY)


@pytest.mark.slow
def test_killed_workers_cost_nothing(begin: Begin, store: Store, tmp_path: Path) -> None:
    """Catches good items that fail, or a build that stops, because the machine took workers away."""
    life = begin(*RAY, SLOW, "execution.item_attempts=3")
    for shards in (1, 4):
        life.wait_for(lambda shards=shards: life.shards() >= shards and bool(life.relatives("StageWorker")))
        life.kill_relatives("StageWorker")
    assert life.end()[0] == 0
    assert whole(store) == reference(tmp_path, *RAY)


@pytest.mark.slow
@pytest.mark.parametrize("server", ["gcs_server", "raylet/raylet"])
def test_a_killed_head_ends_the_build_and_running_again_resumes(
    begin: Begin, store: Store, tmp_path: Path, server: str
) -> None:
    """Catches a driver that waits for ever for a cluster that is gone, or ends without a word because Ray aborted it,
    and a build that does not survive it.
    """
    first = begin(*RAY, SLOW)
    first.wait_for(lambda: first.shards() >= 2)
    assert first.kill_relatives(server) >= 1
    gone_s = time.monotonic()
    code, words = first.end()
    assert code != 0
    assert "ClusterGoneError: Ray is gone" in words and time.monotonic() - gone_s < GONE_WITHIN_S, words
    assert begin(*RAY, "execution.executor=inline").end()[0] == 0
    assert whole(store) == reference(tmp_path, *RAY)


def test_ctrl_c_stops_between_objects(begin: Begin, store: Store, tmp_path: Path) -> None:
    """Catches an interrupt that leaves something half-written."""
    first = begin(*INLINE)
    first.wait_for(lambda: first.shards() >= 3)
    os.kill(first.process.pid, signal.SIGINT)
    assert first.end()[0] != 0
    assert begin(*INLINE).end()[0] == 0
    assert whole(store) == reference(tmp_path)


def test_a_clock_that_jumps_changes_no_byte(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a time that gets into ids, rows or decisions."""
    import time

    times = iter(range(10**9, 0, -(10**5)))
    monkeypatch.setattr(time, "time", lambda: float(next(times)))
    build = simulated_build(store, *INLINE, name="build")
    work_off(build)
    monkeypatch.undo()
    assert BY_NAME["pose"].name in {key.split("/")[3] for key in store.keys("builds/build/manifests")}
    assert whole(store) == reference(tmp_path)
