"""What only a pool of processes can do: survive an item that ends its worker."""

import os
import signal
import threading
import time
from typing import Any

import pytest
import ray

from tasks.config.execution import StageResources
from tasks.errors import ExecutorError
from tasks.executor.ray_pool import RayActorPool
from tests.tasks.executor.conftest import items_of

pytestmark = pytest.mark.usefixtures("two_gpus")


def test_an_item_that_ends_its_worker_fails_alone(moody: Any) -> None:
    """Catches a poison item that takes neighbours along, or is tried for ever; the worker is replaced."""
    keys = [f"k{n}" for n in range(8)]
    keys[2] = "exit2"
    with RayActorPool(moody, StageResources(actors=1, gpus=1), item_attempts=2) as pool:
        outcomes = pool.map(items_of(*keys), batch_size=4)
        again = pool.map(items_of("after"), batch_size=1)
    failed = [(outcome.item.key, outcome.error_type, outcome.attempts) for outcome in outcomes if outcome.failed]
    assert failed == [("exit2", "WorkerDied", 2)]
    assert "the worker process died" in (outcomes[2].error_message or "")
    assert all(outcome.attempts == 1 for outcome in outcomes if not outcome.failed)
    assert not again[0].failed


def test_a_worker_killed_from_outside_costs_nothing(moody: Any) -> None:
    """Catches a good item that fails because the machine took its worker away once."""
    with RayActorPool(moody, StageResources(actors=1), item_attempts=2) as pool:
        (first,) = pool.map(items_of("a"), batch_size=1)
        killer = threading.Timer(0.4, os.kill, (first.rows[0]["process"], signal.SIGKILL))
        killer.start()
        outcomes = pool.map(items_of(*(f"slow{n}" for n in range(6))), batch_size=2)
        killer.join()
    assert [outcome.item.key for outcome in outcomes if outcome.failed] == []
    assert {outcome.rows[0]["process"] for outcome in outcomes} != {first.rows[0]["process"]}


def test_a_hanging_item_is_given_up(moody: Any) -> None:
    """Catches a shard that never ends, and the neighbour in the queue that is blamed."""
    with RayActorPool(moody, StageResources(actors=1), item_attempts=1, item_timeout_s=0.5) as pool:
        started = time.monotonic()
        outcomes = pool.map(items_of("hang", "a"), batch_size=1)
    assert [(outcome.item.key, outcome.error_type) for outcome in outcomes if outcome.failed] == [
        ("hang", "ItemTimeout")
    ]
    assert time.monotonic() - started < 30


def test_the_pool_ends_with_its_block(moody: Any) -> None:
    """Catches GPUs that stay taken after a step."""
    with RayActorPool(moody, StageResources(actors=2, gpus=1)) as pool:
        pool.map(items_of("a"), batch_size=1)
        assert ray.available_resources().get("GPU", 0) == 0
    for _ in range(100):
        if ray.available_resources().get("GPU", 0) == 2:
            return
        time.sleep(0.1)
    raise AssertionError("the pool's GPUs are still taken")


def test_workers_that_die_while_they_are_set_up_stop_the_step(moody: Any) -> None:
    """Catches a pool that starts workers for ever where there is no memory for the model."""

    class Dying(moody):  # type: ignore[misc]
        def setup(self) -> None:
            os._exit(1)

    with pytest.raises(ExecutorError, match="died 3 times while it was set up"):
        RayActorPool(Dying, StageResources(actors=1))


def test_a_worn_worker_is_replaced_and_nothing_is_lost(moody: Any) -> None:
    """Catches memory that grows with the build, and an item that is lost while its worker is changed."""
    with RayActorPool(moody, StageResources(actors=1, max_items=6)) as pool:
        outcomes = pool.map(items_of(*(f"k{n}" for n in range(20))), batch_size=2)
    assert [outcome.rows[0]["key"] for outcome in outcomes] == [f"k{n}" for n in range(20)]
    assert all(outcome.attempts == 1 for outcome in outcomes)
    assert len({outcome.rows[0]["process"] for outcome in outcomes}) >= 2


def test_batches_are_halved_when_memory_runs_out(moody: Any) -> None:
    """Catches an item that fails because its batch was too large, and large batches that are tried again and again."""
    with RayActorPool(moody, StageResources(actors=1)) as pool:
        outcomes = pool.map(items_of(*(f"big{n}" for n in range(12))), batch_size=8)
    assert [outcome.error_type for outcome in outcomes] == [None] * 12
    assert {outcome.rows[0]["size"] for outcome in outcomes} <= {1, 2}
    assert outcomes[-1].rows[0]["batch"] <= 9, "after two halvings no batch is too large"


def test_an_item_too_large_for_any_batch_fails_alone(moody: Any) -> None:
    """Catches an endless retry, and neighbours that fail with it."""
    with RayActorPool(moody, StageResources(actors=1)) as pool:
        outcomes = pool.map(items_of("huge", "k1", "k2"), batch_size=3)
    assert [outcome.error_type for outcome in outcomes] == ["OutOfMemory", None, None]


def test_a_stage_that_cannot_be_set_up_is_one_line(moody: Any) -> None:
    """Catches missing weights that fail every item instead of stopping the step."""

    class Broken(moody):  # type: ignore[misc]
        def setup(self) -> None:
            raise FileNotFoundError("no weights\nat all")

    with pytest.raises(ExecutorError, match="cannot be set up: FileNotFoundError: no weights at all"):
        RayActorPool(Broken, StageResources())
