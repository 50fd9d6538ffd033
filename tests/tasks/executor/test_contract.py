"""What every executor promises, over the inline one and real Ray actors."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tasks.config.execution import StageResources
from tasks.errors import InfrastructureError
from tasks.executor import Executor
from tasks.executor.inline import InlineExecutor
from tasks.executor.ray_pool import RayActorPool
from tasks.stage import Progress
from tests.tasks.executor.conftest import items_of


@pytest.fixture(params=["inline", "ray"], scope="module")
def executor(request: pytest.FixtureRequest, moody: Any) -> Iterator[Executor]:
    if request.param == "inline":
        with InlineExecutor(moody) as inline:
            yield inline
    else:
        request.getfixturevalue("two_gpus")
        with RayActorPool(moody, StageResources(actors=2, gpus=0.5)) as pool:
            yield pool


def test_one_outcome_for_each_item_in_order(executor: Executor) -> None:
    """Catches lost, doubled or shuffled items, batches that are too large, and a stage set up more than once."""
    items = items_of(*(f"k{n}" for n in range(23)))
    seen: list[Progress] = []
    outcomes = executor.map(items, batch_size=4, on_progress=seen.append)
    assert executor.map([], batch_size=4) == []
    again = executor.map(items[:3], batch_size=4)
    assert [outcome.item for outcome in outcomes] == items
    assert [outcome.rows[0]["key"] for outcome in outcomes] == [item.key for item in items]
    assert max(outcome.rows[0]["size"] for outcome in outcomes) == 4
    assert seen[-1] == Progress(23, 23, 0) and [one.done for one in seen] == sorted(one.done for one in seen)
    assert {one.rows[0]["process"] for one in again} <= {one.rows[0]["process"] for one in outcomes}
    assert all(outcome.attempts == 1 and outcome.seconds >= 0 for outcome in outcomes)


def test_items_that_raise_fail_alone(executor: Executor) -> None:
    """Catches a bad item that takes its batch along, and a reason that is lost."""
    keys = [f"k{n}" for n in range(12)]
    keys[0], keys[7] = "raise0", "raise7"
    outcomes = executor.map(items_of(*keys), batch_size=5)
    failed = {outcome.item.key: (outcome.error_type, outcome.error_message) for outcome in outcomes if outcome.failed}
    assert failed == {"raise0": ("ValueError", "bad raise0"), "raise7": ("ValueError", "bad raise7")}


def test_a_store_that_fails_stops_the_shard(executor: Executor) -> None:
    """Catches an outage that is written down as failed items. The workers are good for the next shard."""
    with pytest.raises(InfrastructureError, match="the store is gone"):
        executor.map(items_of("a", "store", "b"), batch_size=1)
    assert not executor.map(items_of("c"), batch_size=1)[0].failed


def test_several_threads_share_one_executor(executor: Executor) -> None:
    """Catches answers that reach the wrong shard."""
    answers: dict[int, list[str]] = {}

    def shard(number: int) -> None:
        outcomes = executor.map(items_of(*(f"{number}-{n}" for n in range(15))), batch_size=2)
        answers[number] = [outcome.rows[0]["key"] for outcome in outcomes]

    threads = [threading.Thread(target=shard, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers == {number: [f"{number}-{n}" for n in range(15)] for number in range(3)}
