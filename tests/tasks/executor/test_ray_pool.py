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
from tasks.executor.ray_pool import RayActorPool, fitting_actors
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


@pytest.mark.parametrize(
    ("resources", "actors"),
    [
        (StageResources(actors=9, cpus=1), 8),
        (StageResources(actors=9, cpus=3), 2),
        (StageResources(actors=9, gpus=1), 2),
        (StageResources(actors=9, gpus=0.5), 4),
        (StageResources(actors=9, gpus=0.6), 2),
        (StageResources(actors=9, gpus=2), 1),
        (StageResources(actors=1, gpus=0.5), 1),
    ],
)
def test_as_many_workers_as_fit(resources: StageResources, actors: int) -> None:
    """Catches workers that wait for ever for a place."""
    assert fitting_actors(resources, {"CPU": 8.0, "GPU": 2.0}) == actors


def test_a_gpu_that_is_not_there_is_an_error() -> None:
    """Catches a silent fall-back to a machine without GPUs."""
    with pytest.raises(ExecutorError, match=r"execution\.stages\.video\.gpus: a worker asks for 1, there are 0"):
        fitting_actors(StageResources(gpus=1), {"CPU": 8.0}, "video")
    with pytest.raises(ExecutorError, match="set it to 2 or less"):
        fitting_actors(StageResources(cpus=4), {"CPU": 2.0})


def test_a_stage_that_cannot_be_set_up_is_one_line(moody: Any) -> None:
    """Catches missing weights that fail every item instead of stopping the step."""

    class Broken(moody):  # type: ignore[misc]
        def setup(self) -> None:
            raise FileNotFoundError("no weights\nat all")

    with pytest.raises(ExecutorError, match="cannot be set up: FileNotFoundError: no weights at all"):
        RayActorPool(Broken, StageResources())
