"""How long a restart takes to find out what is done, on a store with 100,000 items done, against reading their rows.

The store is filled by the real plan, shards, tables and cut around stages that make empty rows at once; only the media
are not written. Then a new planner surveys every step, as a restarted build does before any work. The peer reads the
ids of all rows, which is what finding done items by their rows takes. Goal: under 1 s per 100,000 items.
Prints ratio and absolute numbers; the exit code is 1 where the goal is missed.
"""

import argparse
import sys
import tempfile
import time

from tasks.build import Build, open_build
from tasks.config import load_config
from tasks.config.execution import SimulationConfig
from tasks.costs import StageCost
from tasks.executor.inline import InlineExecutor
from tasks.ids import sha256_hex
from tasks.plan import Planner
from tasks.select import run_select
from tasks.shard import run_shard
from tasks.simulation import SimulatedItem, SimulatedStage
from tasks.status import build_status
from tasks.steps import Step, steps_of
from tasks.store import MediaRef, Store
from tasks.usage import rss_now

SETTINGS = ("execution.executor=inline", "execution.simulation.speed=1e9", "appearance.candidates=30", "frames=5")
MB = 1e6


class WithoutMedia(Store):
    """A store that takes media for written: this benchmark is about parts."""

    def put_media(self, data: bytes, extension: str) -> MediaRef:
        """What `Store.put_media` returns."""
        digest = sha256_hex(data)
        return MediaRef(f"cas/{digest[:2]}/{digest}.{extension}", digest, len(data))


def fill(build: Build) -> int:
    """Does the whole build with empty rows. Returns the number of items."""
    planner, items = Planner(build), 0
    for step in steps_of(build.config):
        plan = planner.plan(step.name)
        items += sum(shard.count for shard in plan.shards)
        if step.reduce:
            run_select(planner, plan)
            continue
        with InlineExecutor(lambda step=step: stage_of(build, step)) as executor:
            for shard in plan.todo:
                run_shard(planner, shard, executor)
    return items


def stage_of(build: Build, step: Step) -> SimulatedStage:
    """A simulated stage that waits for nothing."""
    item = SimulatedItem(StageCost(), build.config.frames)
    return SimulatedStage(step.name, build.store, SimulationConfig(speed=1e9), item)


def restart(build: Build) -> float:
    """Seconds until a new planner knows that every step is finished."""
    started = time.perf_counter()
    if not all(status.finished for status in build_status(Planner(build))):
        raise SystemExit("the build is not finished")
    return time.perf_counter() - started


def reading_rows(build: Build) -> float:
    """Seconds to read the ids of all rows of every step."""
    planner = Planner(build)
    parts = {step.name: planner.parts(step.name) for step in steps_of(build.config)}
    started = time.perf_counter()
    for name, keys in parts.items():
        done = {row["item_id"] for _, row in planner.reader.columns(keys, ("item_id", "status"))}
        if not done:
            raise SystemExit(f"step {name} has no rows")
    return time.perf_counter() - started


def main() -> int:
    """Fills a store, measures, and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trajectories", type=int, default=1080, help="1,080 make about 100,000 items in all steps")
    parser.add_argument("--repeats", type=int, default=5, help="the best of so many counts")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pam-restart-") as folder:
        config = load_config(assignments=[*SETTINGS, f"pose.trajectories={options.trajectories}"])
        build = open_build(config, WithoutMedia(folder))
        started = time.perf_counter()
        items = fill(build)
        filled_s = time.perf_counter() - started
        parts = sum(len(build.committed(step.name)) for step in steps_of(config))
        print(f"{items} items in {parts} parts, made in {filled_s:.1f} s ({1e6 * filled_s / items:.0f} us an item)")
        before = rss_now()
        seconds = min(restart(build) for _ in range(options.repeats))
        grown = (rss_now() - before) / MB
        rows_s = min(reading_rows(build) for _ in range(2))
    per_100k = seconds * 100_000 / items
    print(f"restart: {seconds:.3f} s, {per_100k:.3f} s per 100,000 items; the driver grew by {grown:.1f} MB")
    print(f"reading the ids of all rows: {rows_s:.3f} s, {rows_s / seconds:.1f} times as long")
    print("ok" if per_100k < 1.0 else "MISS: under 1 s per 100,000 items was to be reached")
    return 0 if per_100k < 1.0 else 1


if __name__ == "__main__":
    sys.exit(main())
