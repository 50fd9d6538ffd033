"""A simulated build without Prefect: the same plan, shards, executors and store, one step after the other.

As a command it works off a build and says each shard that it begins, so that a process that is killed can be judged:

    python benchmarks/plain_build.py STORE NAME LOG [key=value ...]
"""

import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tasks.build import Build, open_build
from tasks.config import GenerateConfig, load_config
from tasks.executor.opening import open_executor, ray_session
from tasks.plan import Planner, Shard
from tasks.select import run_select
from tasks.shard import check_failures, run_shard
from tasks.snapshot import Snapshot, write_snapshot
from tasks.stages import stage_factory
from tasks.steps import steps_of
from tasks.store import Store

OnShard = Callable[[Shard], None]

# Small shards, so that a build has many; the clock runs so fast that nothing is waited for.
SMALL = (
    "frames=9",
    "appearance.candidates=4",
    "execution.simulation.speed=1000000",
    "execution.min_free_gib=0",
    *(f"execution.stages.{name}.shard_items=2" for name in ("pose", "score", "video", "samples")),
    "execution.stages.appearance.shard_items=4",
)


def simulated_config(*settings: str) -> GenerateConfig:
    """A small configuration whose stages only wait; further settings are laid over it."""
    return load_config(assignments=[*SMALL, *settings])


def simulated_build(store: Store, *settings: str, name: str | None = None) -> Build:
    """Opens a build of `simulated_config` in a store."""
    return open_build(simulated_config(*settings), store, name)


def work_off(build: Build, on_shard: OnShard = lambda shard: None) -> Snapshot:
    """Does what is left of a build and publishes it.

    Raises InfrastructureError when the store or the workers fail, TooManyFailuresError as a real build does.
    """
    planner, execution = Planner(build), build.config.execution
    with ray_session(execution):
        for step in steps_of(build.config):
            plan = planner.plan(step.name)
            if step.reduce:
                run_select(planner, plan)
            elif plan.todo:
                resources = getattr(execution.stages, str(step.resources))
                with (
                    open_executor(execution, stage_factory(build, step), resources) as executor,
                    ThreadPoolExecutor(execution.parallel_shards) as threads,
                ):

                    def work(shard: Shard) -> None:
                        on_shard(shard)
                        run_shard(planner, shard, executor)

                    list(threads.map(work, plan.todo))
            planner.parts(step.name)
            check_failures(planner, planner.plan(step.name))
        return write_snapshot(build, planner)


def main(arguments: Sequence[str]) -> int:
    """Works off the build that the arguments name."""
    address, name, log, *settings = arguments
    store = Store(address)
    store.probe()
    build = simulated_build(store, *settings, name=name)
    with Path(log).open("a", encoding="ascii", buffering=1) as lines:
        lines.write("begun\n")
        work_off(build, lambda shard: print(shard.key, file=lines, flush=True))
        lines.write("ended\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
