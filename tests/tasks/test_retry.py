"""Failed items, tried again."""

import json

from tasks.plan import Planner
from tasks.retry import failed_items, mark_failed
from tasks.snapshot import read_snapshot
from tasks.steps import BY_NAME
from tasks.store import Store
from tasks.verify import verify
from tests.tasks.conftest import Begin, ToySteps


def counted(failed: dict[str, dict[str, list[str]]]) -> dict[str, int]:
    return {step: sum(len(items) for items in shards.values()) for step, shards in failed.items()}


def test_only_failed_items_run_again_and_the_end_is_as_if_nothing_had_failed(
    toy: ToySteps, begin: Begin, store: Store
) -> None:
    """Catches a retry that repeats good work, doubles rows, or leaves what depends on the item undone."""
    toy.fails = {("pose", "cup-1"), ("appearance", "2")}
    first = begin(store).all()
    assert counted(failed_items(first.planner)) == {"pose": 1, "appearance": 2}
    toy.fails = set()
    assert mark_failed(first.build) == {"pose": 1, "appearance": 2}
    toy.ran.clear()
    again = begin(store).all()
    assert [step for step, _ in toy.ran].count("pose") == 1
    assert [step for step, _ in toy.ran].count("appearance") == 2 + 4
    assert verify(store, again.build.build_id).findings == ()
    undisturbed = begin(Store(f"{store.uri}-undisturbed")).all()
    for step in ("pose", "appearance", "score-candidates", "select-candidates", "video", "score-clips", "samples"):
        columns = ("item_id", "parent_id", "seed", "status")
        assert list(again.planner.rows(step, columns)) == list(undisturbed.planner.rows(step, columns)), step


def test_an_item_that_fails_again_stays_failed_and_can_be_marked_again(
    toy: ToySteps, begin: Begin, store: Store
) -> None:
    """Catches a retry that runs for ever, and one that works only once."""
    toy.fails = {("pose", "cup-1")}
    run = begin(store).all()
    for number in (1, 2):
        assert mark_failed(run.build) == {"pose": 1}
        toy.ran.clear()
        run = begin(store).all()
        assert [step for step, _ in toy.ran] == ["pose"]
        toy.ran.clear()
        assert begin(store).all() and toy.ran == []
        assert len(run.build.retry_rounds()) == number
        assert list(run.planner.plan("pose").shards[0].retries.values()) == [number]
    snapshot = read_snapshot(store, run.build.build_id)
    assert snapshot is not None and snapshot.rows("pose") == 3


def test_nothing_failed_means_nothing_written(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a retry of nothing that makes every part anew."""
    run = begin(store).all()
    assert mark_failed(run.build) == {} and store.keys(run.build.key("retries")) == {}


def test_failures_of_a_build_that_stopped_half_way_are_found(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a retry that needs a finished build: the one that stopped for its failures needs it most."""
    toy.fails = {("pose", "cup-1")}
    run = begin(store)
    run.step(BY_NAME["pose"])
    assert list(failed_items(Planner(run.build))) == ["pose"]
    assert mark_failed(run.build) == {"pose": 1}
    (key,) = store.keys(run.build.key("retries"))
    assert list(json.loads(store.read(key))) == ["pose"]
