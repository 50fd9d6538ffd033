"""One shard: once, twice, half, and in two places at a time."""

import threading

import pytest

from tasks.build import Build
from tasks.errors import StoreError, TableError, TooManyFailuresError
from tasks.executor.inline import InlineExecutor
from tasks.plan import Shard
from tasks.shard import check_failures, finished_rows, run_shard
from tasks.stage import Item, Outcome, Progress
from tasks.steps import BY_NAME, steps_of
from tasks.store import Store
from tests.tasks.conftest import Begin, ToySteps


def _executor(toy: ToySteps, build: Build, step: str) -> InlineExecutor:
    return InlineExecutor(toy.stage(build, BY_NAME[step]))


def test_the_same_build_twice_gives_the_same_bytes(
    toy: ToySteps, begin: Begin, store: Store, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Catches anything of the run (a clock, a path, an order) inside rows, parts or the snapshot."""
    toy.fails = {("appearance", "2")}
    first = begin(store).all()
    second = begin(Store(f"file://{tmp_path_factory.mktemp('other')}")).all()
    parts = [key for key in first.build.store.keys("builds") if "/timings/" not in key]
    assert first.snapshot == second.snapshot and len(parts) > 9
    for key in parts:
        assert first.build.store.read(key) == second.build.store.read(key), key
    assert first.build.store.keys("cas") == second.build.store.keys("cas")


def test_a_committed_shard_is_not_done_again(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a restart that repeats work."""
    run = begin(store)
    (shard,) = run.planner.plan("pose").todo
    with _executor(toy, run.build, "pose") as executor:
        first = run_shard(run.planner, shard, executor)
        toy.ran.clear()
        second = run_shard(run.planner, shard, executor)
    assert not first.skipped and second.skipped and toy.ran == []
    assert first.rows == 3 and dict(first.statuses) == {"ok": 3, "filtered": 0, "failed": 0}


def test_two_builders_of_one_shard_both_finish(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a race that ends in an error or in two parts."""
    run = begin(store)
    (shard,) = run.planner.plan("pose").todo
    barrier = threading.Barrier(2)
    toy.before_infer = lambda step, items: barrier.wait(10) and None
    errors: list[BaseException] = []

    def work() -> None:
        try:
            with _executor(toy, run.build, "pose") as executor:
                run_shard(run.planner, shard, executor)
        except BaseException as error:  # noqa: BLE001  a thread's error is looked at below
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == [] and list(run.build.committed("pose")) == [shard.key]


def test_a_crash_between_media_and_part_loses_nothing(
    toy: ToySteps, begin: Begin, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a part that is committed before its media, and media that are made twice under other names."""
    run = begin(store)
    (shard,) = run.planner.plan("pose").todo

    def crash(self: Store, key: str, data: bytes) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(Store, "commit_part", crash)
        with _executor(toy, run.build, "pose") as executor:
            run_shard(run.planner, shard, executor)
    media = store.keys("cas")
    assert media and not run.build.committed("pose")
    finished = begin(store).all()
    assert set(media) <= set(store.keys("cas"))
    fresh = begin(Store(f"{store.uri}-undisturbed")).all()
    assert finished.snapshot == fresh.snapshot and fresh.build.store.keys("cas") == store.keys("cas")


@pytest.mark.parametrize("stop_after", range(1, 8))
def test_a_build_stopped_after_any_shard_ends_the_same(
    toy: ToySteps, begin: Begin, store: Store, tmp_path_factory: pytest.TempPathFactory, stop_after: int
) -> None:
    """Catches items lost or doubled by a restart."""
    run = begin(store)
    for step in steps_of(run.build.config)[:stop_after]:
        run.step(step)
    undisturbed = begin(Store(str(tmp_path_factory.mktemp("undisturbed")))).all()
    assert begin(store).all().snapshot == undisturbed.snapshot


def test_a_failed_item_is_a_row_with_its_reason(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches an item that vanishes, or one that takes its shard along."""
    toy.fails = {("pose", "cup-1")}
    run = begin(store).all()
    rows = list(run.planner.rows("pose", ("status", "error_type", "error_message", "attempts", "seed", "maps_uri")))
    assert [row["status"] for row in rows] == ["ok", "failed", "ok"]
    assert (rows[1]["error_type"], rows[1]["error_message"], rows[1]["attempts"]) == (
        "ValueError",
        "cannot make cup-1",
        1,
    )
    assert rows[1]["maps_uri"] is None and rows[1]["seed"] > 0
    assert len(list(run.planner.rows("appearance", ("item_id",)))) == 8


def test_a_failed_item_keeps_what_the_plan_knew_of_it() -> None:
    """Catches a failed row that nobody can trace to its request."""
    item = Item("a", "t", "2", 7, fields={"index": 2, "unknown": 5})
    (row,) = finished_rows(Outcome(item, error_type="E", error_message="m"), "s", BY_NAME["appearance"].table)
    assert row["index"] == 2 and "unknown" not in row


def test_a_store_that_fails_leaves_no_part(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches an outage that is committed as a shard of failed items."""
    run = begin(store)
    (shard,) = run.planner.plan("pose").todo

    def outage(step: str, items: list[Item]) -> None:
        raise StoreError("503")

    toy.before_infer = outage
    with pytest.raises(Exception, match="503"), _executor(toy, run.build, "pose") as executor:
        run_shard(run.planner, shard, executor)
    assert not run.build.committed("pose")


def test_rows_of_several_per_item_have_ids_of_their_own() -> None:
    """Catches frames of one clip that share an id, and a stage that overwrites what is filled in."""
    item = Item("clip-item", "clip", "", 7)
    rows = list(finished_rows(Outcome(item, ({"frame": 0}, {"frame": 1})), "s", BY_NAME["samples"].table))
    assert len({row["item_id"] for row in rows}) == 2 and {row["parent_id"] for row in rows} == {"clip"}
    with pytest.raises(TableError, match="holds seed, which is filled in"):
        list(finished_rows(Outcome(item, ({"seed": 3},)), "s", BY_NAME["samples"].table))
    (filtered,) = finished_rows(
        Outcome(item, ({"status": "filtered", "error_type": "Low"},)), "s", BY_NAME["samples"].table
    )
    assert filtered["status"] == "filtered" and filtered["item_id"] == "clip-item"


def test_too_many_failures_stop_the_build_with_the_reasons(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a build that goes on with a tenth of its items, and a message without the cause."""
    toy.fails = {("pose", "cup-0"), ("pose", "cup-1")}
    run = begin(store, "execution.max_failed_fraction=0.5")
    plan = run.step(BY_NAME["pose"])
    with pytest.raises(
        TooManyFailuresError, match=r"step pose: 2 of 3 items failed, .* ValueError: cannot make cup-0 \(1x\)"
    ):
        check_failures(run.planner, plan)
    lenient = begin(store, "execution.max_failed_fraction=0.7")
    assert check_failures(lenient.planner, lenient.planner.plan("pose")) == {"ok": 1, "filtered": 0, "failed": 2}


def test_nothing_left_to_go_on_with_stops_the_build(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches an empty dataset that is called a success."""
    toy.fails = {("pose", f"cup-{n}") for n in range(3)}
    run = begin(store, "execution.max_failed_fraction=1.0")
    with pytest.raises(TooManyFailuresError, match="none of 3 items is ok"):
        check_failures(run.planner, run.step(BY_NAME["pose"]))


def test_progress_counts_what_was_taken_over(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a bar that never fills."""
    begin(store).all()
    run = begin(store, "execution.stages.appearance.shard_items=7")
    shard: Shard = run.planner.plan("appearance").todo[0]
    seen: list[Progress] = []
    with _executor(toy, run.build, "appearance") as executor:
        report = run_shard(run.planner, shard, executor, on_progress=seen.append)
    assert seen[-1] == Progress(7, 7, 0) and report.taken_over == 7


def test_timings_stand_outside_the_part(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches seconds inside a part, which would differ from run to run."""
    run = begin(store).all()
    timings = [key for key in store.keys("builds") if "/timings/pose/" in key]
    assert len(timings) == 1 and b"wall_s" in store.read(timings[0])
    assert not any("timings" in line for line in run.snapshot.decode().splitlines())
