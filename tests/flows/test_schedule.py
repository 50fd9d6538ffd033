"""Which steps run side by side. Each test names the defect that it catches."""

import threading
from pathlib import Path
from typing import Any

import pytest

import flows.schedule
import flows.step
from flows.generate import generate
from flows.schedule import sessions, shards_at_once, side_by_side
from tasks.build import open_build
from tasks.config import load_config
from tasks.errors import StoreError
from tasks.layout import layout_of
from tasks.plan import Planner, Shard
from tasks.shard import ShardReport, run_shard
from tasks.snapshot import read_snapshot
from tasks.steps import BY_NAME
from tasks.store import Store

SETTINGS = ["execution.executor=inline", "appearance.candidates=4", "execution.stages.pose.shard_items=1"]


class Run:
    """What a session asks of a running build."""

    def __init__(self, store: Path, *settings: str) -> None:
        self.build = open_build(load_config(assignments=[*SETTINGS, *settings]), Store(str(store)))
        self.planner = Planner(self.build)

    def open_ray(self) -> None:
        pass


def names(groups: list[Any]) -> list[list[str]]:
    return [[step.name for step in group] for group in groups]


@pytest.mark.usefixtures("toy")
def test_cuts_stand_between_the_groups(tmp_path: Path) -> None:
    """Catches a clip of a candidate that is dropped later."""
    run: Any = Run(tmp_path, "execution.mode=streaming", "select.clips={}")
    assert names(side_by_side(run)) == [
        ["pose", "appearance", "score-candidates"],
        ["select-candidates"],
        ["video", "score-clips"],
        ["select-clips"],
        ["samples"],
    ]
    (session,) = sessions(run)
    assert session == side_by_side(run), "everything fits in one process: one session keeps all models warm"
    staged: Any = Run(tmp_path / "staged")
    assert all(len(session) == len(session[0]) == 1 for session in sessions(staged))


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server", "toy")
def test_blocks_overlap_and_the_build_is_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches steps that wait for each other although their blocks are done, and another dataset because of it.

    The last pose waits for the first picture, so that it does not depend on who is faster.
    """
    painted = threading.Event()

    def work(planner: Planner, shard: Shard, *others: Any) -> ShardReport:
        if shard.step == "appearance":
            painted.set()
        if (shard.step, shard.block) == ("pose", 2):
            assert painted.wait(60), "no picture began before the last pose was there"
        return run_shard(planner, shard, *others)

    with monkeypatch.context() as gated:
        gated.setattr(flows.step, "run_shard", work)
        one_at_a_time = [*SETTINGS, "execution.parallel_shards=1"]
        generate(settings=[*one_at_a_time, "execution.mode=streaming"], store=str(tmp_path / "streaming"), build="toy")
    assert painted.is_set()
    generate(settings=one_at_a_time, store=str(tmp_path / "staged"), build="toy")
    found = [read_snapshot(Store(str(tmp_path / mode)), "toy") for mode in ("streaming", "staged")]
    assert found[0] is not None and found[0] == found[1]


@pytest.mark.usefixtures("prefect_server", "toy")
def test_a_full_disk_stops_between_two_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a build that writes until a disk is full; with room again the same command goes on."""
    calls = iter([10**12, 10**12, 0])
    with monkeypatch.context() as patched, pytest.raises(StoreError, match="make room and run the same command again"):
        patched.setattr(Store, "free_bytes", lambda self: next(calls, 0))
        generate(settings=SETTINGS, store=str(tmp_path), build="toy")
    assert 1 <= len(list(tmp_path.rglob("*.parquet"))) <= 2
    assert generate(settings=SETTINGS, store=str(tmp_path), build="toy").counts["samples"] == 9


@pytest.mark.usefixtures("prefect_server", "toy")
def test_shards_share_a_task_where_there_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a database of a task run for every few items."""
    asked: list[int] = []
    task = flows.schedule.shard_task
    monkeypatch.setattr(
        flows.schedule,
        "shard_task",
        lambda run, step, shards, executor: (asked.append(len(shards)), task(run, step, shards, executor))[1],
    )
    settings = ["execution.executor=inline", "appearance.candidates=20", "execution.stages.appearance.shard_items=1"]
    generate(settings=[*settings, "execution.max_task_runs=20"], store=str(tmp_path), build="toy")
    assert len(asked) <= 20 and max(asked) > 1
    assert len(list((tmp_path / "builds/toy/manifests/appearance").iterdir())) == 60


def test_workers_do_not_wait_for_a_next_shard() -> None:
    """Catches eight GPUs with work for two, where a shard is as small as one item; and more than a shard a worker."""
    clips = ["execution.stages.video.actors=8", "execution.parallel_shards=2"]

    def at_once(*settings: str) -> int:
        config = load_config(assignments=[*clips, *settings])
        return shards_at_once(config, BY_NAME["video"], layout_of(config, 100))

    assert at_once("execution.stages.video.shard_items=1") == 8
    assert at_once("execution.stages.video.shard_items=4") == 4
    assert at_once("execution.stages.video.shard_items=100") == 2, "two in flight for each worker come out of one"
    assert at_once("execution.stages.video.shard_items=1", "execution.executor=inline") == 2
