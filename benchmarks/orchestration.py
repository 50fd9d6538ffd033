"""Orchestration per item: this project's shards over warm actors against Prefect's RayTaskRunner and a process pool.

Every side gets the same items and makes the same rows of them, and does nothing else:

- ours: one Prefect task for each shard of 10,000 items, micro-batches over the real `RayActorPool`;
- peer 1: `RayTaskRunner.map`, one Prefect task for each item (prefect-ray is not in the lock: give its folder with
  --prefect-ray, as made by `pip install --no-deps --target FOLDER prefect-ray`). Without it the peer is named 'Prefect
  task on a Ray task' and is what that runner does: one Prefect task for each item, which runs it as a Ray task;
- peer 2: `ProcessPoolExecutor.map` with chunks as large as the micro-batches.

Goals: at least 1,000 times less than peer 1, at most 3 times peer 2, at 100,000 items at most 1.1 times the cost at
10,000, driver memory flat. Prints ratios and absolute numbers; the exit code is 1 where a goal is missed.
"""

import argparse
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import ray
from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.testing.utilities import prefect_test_harness

from tasks.config.execution import StageResources
from tasks.executor.ray_pool import RayActorPool
from tasks.stage import Item, Row
from tasks.usage import rss_now

SIZES = (1_000, 10_000, 100_000)
SHARD = 10_000
WORKERS = 2
MB = 1e6


class NoOp:
    """A stage that makes a row and does nothing else."""

    name = "no-op"

    def setup(self) -> None:
        """Nothing to load."""

    def infer(self, items: list[Item]) -> list[Row]:
        """One row per item."""
        return [no_op(item) for item in items]

    def close(self) -> None:
        """Nothing to give back."""


def no_op(item: Item) -> Row:
    """The row of an item."""
    return {"key": item.key, "seed": item.seed}


def items_from(first: int, count: int) -> list[Item]:
    """Items like those of a build."""
    return [Item(f"{n:020x}", f"{n // 30:020x}", str(n % 30), n) for n in range(first, first + count)]


def ours(pool: RayActorPool, count: int, batch: int) -> float:
    """Seconds for `count` items through a Prefect flow with one task for each shard."""

    @task(cache_policy=NO_CACHE, persist_result=False)
    def shard(first: int) -> int:
        outcomes = pool.map(items_from(first, min(SHARD, count - first)), batch_size=batch)
        return sum(outcome.rows[0]["seed"] >= 0 for outcome in outcomes)

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=2), persist_result=False)
    def build() -> int:
        return sum(future.result() for future in [shard.submit(first) for first in range(0, count, SHARD)])

    return timed(build, count)


def process_pool(workers: ProcessPoolExecutor, count: int, batch: int) -> float:
    """Seconds for the same items in chunks through processes, a shard's worth at a time as there."""

    def run() -> int:
        return sum(
            row["seed"] >= 0
            for first in range(0, count, SHARD)
            for row in workers.map(no_op, items_from(first, min(SHARD, count - first)), chunksize=batch)
        )

    return timed(run, count)


def one_task_per_item(count: int, prefect_ray: Path | None) -> tuple[str, float]:
    """Name of the peer and seconds for `count` items, one Prefect task each."""
    items = items_from(0, count)
    if prefect_ray is not None:
        from prefect_ray import RayTaskRunner

        work = task(no_op, cache_policy=NO_CACHE, persist_result=False)

        @flow(task_runner=RayTaskRunner(), persist_result=False)
        def mapped() -> int:
            return len([future.result() for future in work.map(items)])

        return "prefect-ray RayTaskRunner.map", timed(mapped, count)
    remote = ray.remote(no_op)

    @task(cache_policy=NO_CACHE, persist_result=False)
    def through_ray(item: Item) -> Row:
        row: Row = ray.get(remote.remote(item))
        return row

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=8), persist_result=False)
    def each() -> int:
        return len([future.result() for future in through_ray.map(items)])

    return "Prefect task on a Ray task (no prefect-ray given)", timed(each, count)


def timed(run: Callable[[], int], expected: int) -> float:
    """Seconds of a run that must have made `expected` rows."""
    started = time.perf_counter()
    made = run()
    seconds = time.perf_counter() - started
    if made != expected:
        raise SystemExit(f"made {made} rows of {expected} items")
    return seconds


def main() -> int:
    """Measures everything in one run and prints it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=1000, help="items in a micro-batch and in a chunk")
    parser.add_argument("--repeats", type=int, default=5, help="rounds; the median counts, the order alternates")
    parser.add_argument("--per-item-tasks", type=int, default=200, help="items for the one-task-per-item peer")
    parser.add_argument("--prefect-ray", type=Path, default=None, help="folder that holds the package prefect_ray")
    options = parser.parse_args()
    if options.prefect_ray is not None:
        # Before Ray starts: its workers import the package too.
        sys.path.insert(0, str(options.prefect_ray))
        os.environ["PYTHONPATH"] = os.pathsep.join([str(options.prefect_ray), os.environ.get("PYTHONPATH", "")])
    quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": logging.ERROR}
    ray.init(address="local", num_cpus=WORKERS, **quiet)
    with prefect_test_harness(server_startup_timeout=300):
        resources = StageResources(actors=WORKERS)
        with ProcessPoolExecutor(WORKERS) as workers, RayActorPool(NoOp, resources) as pool:
            ours(pool, 1_000, options.batch), process_pool(workers, 1_000, options.batch)
            per_item, peer, memory = measure(pool, workers, options.batch, options.repeats)
        name, seconds = one_task_per_item(options.per_item_tasks, options.prefect_ray)
    return report(per_item, peer, memory, (name, seconds / options.per_item_tasks))


def measure(
    pool: RayActorPool, workers: ProcessPoolExecutor, batch: int, repeats: int
) -> tuple[dict[int, float], dict[int, float], dict[int, int]]:
    """Median seconds per item of ours and of the process pool by number of items, and driver memory afterwards."""
    mine: dict[int, list[float]] = {size: [] for size in SIZES}
    peer: dict[int, list[float]] = {size: [] for size in SIZES}
    memory: dict[int, int] = {}
    for number in range(repeats):
        for size in SIZES:
            sides: Iterable[tuple[dict[int, list[float]], Callable[[], float]]] = [
                (mine, lambda size=size: ours(pool, size, batch)),
                (peer, lambda size=size: process_pool(workers, size, batch)),
            ]
            for found, run in sides if number % 2 == 0 else reversed(list(sides)):
                found[size].append(run() / size)
            memory[size] = rss_now() if number == repeats - 1 else 0
    return (
        {size: statistics.median(times) for size, times in mine.items()},
        {size: statistics.median(times) for size, times in peer.items()},
        memory,
    )


def report(mine: dict[int, float], peer: dict[int, float], memory: dict[int, int], each: tuple[str, float]) -> int:
    """Prints the table and the goals. Returns the exit code."""
    print(f"{'items':>8} {'ours us/item':>14} {'process pool':>14} {'ratio':>7} {'driver RSS MB':>14}")
    for size in SIZES:
        ratio = mine[size] / peer[size]
        print(f"{size:>8} {1e6 * mine[size]:>14.2f} {1e6 * peer[size]:>14.2f} {ratio:>7.2f} {memory[size] / MB:>14.1f}")
    name, seconds = each
    print(f"{name}: {1e3 * seconds:.1f} ms/item")
    largest = SIZES[-1]
    grown = (memory[largest] - memory[SIZES[0]]) / MB
    goals: list[tuple[str, Any, bool]] = [
        ("times less than one task per item (goal 1000)", seconds / mine[largest], seconds / mine[largest] >= 1000),
        ("times a chunked process pool (goal 3)", mine[largest] / peer[largest], mine[largest] <= 3 * peer[largest]),
        ("cost at 1e5 over cost at 1e4 (goal 1.1)", mine[largest] / mine[10_000], mine[largest] <= 1.1 * mine[10_000]),
        ("MB that the driver grew from 1e3 to 1e5 items (goal 20)", grown, grown <= 20),
    ]
    for what, value, reached in goals:
        print(f"{'ok  ' if reached else 'MISS'} {value:10.2f} {what}")
    return 0 if all(reached for _, _, reached in goals) else 1


if __name__ == "__main__":
    sys.exit(main())
