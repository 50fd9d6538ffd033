"""Trying failed items again: they are marked in the build, and the next run replaces the parts in which they stand.

A mark names a shard and items of it; another shard then takes that one's place, so the plan asks for a new part.
Rows that did not fail are taken over from the old part as they are, and only the failed items run. What depends
on them (scores, the cut, clips, frames) is planned anew in the same way, in their block alone. The snapshot lists the
planned parts alone, so a reader sees each item once.
"""

from tasks.build import Build
from tasks.errors import StoreError
from tasks.ids import canonical_json
from tasks.plan import Planner
from tasks.steps import steps_of

ROUNDS = 10_000


def failed_items(planner: Planner) -> dict[str, dict[str, list[str]]]:
    """Failed items of every finished step: step -> shard -> their ids; steps without any are left out.

    Only parts whose footers count failures are read.
    """
    failed: dict[str, dict[str, list[str]]] = {}
    for step in steps_of(planner.build.config):
        if step.reduce:
            continue
        if not planner.finished(step.name):
            break
        footers = planner.footers_of(step.name, planner.parts(step.name))
        keys = [key for key, footer in footers.items() if footer.failed]
        for _, row in planner.reader.columns(keys, ("item_id", "shard_id", "status")):
            if row["status"] == "failed":
                failed.setdefault(step.name, {}).setdefault(row["shard_id"], []).append(row["item_id"])
    return failed


def mark_failed(build: Build, planner: Planner | None = None) -> dict[str, int]:
    """Marks every failed item to be tried again by the next run; returns how many of each step. Nothing is written
    when none failed.
    """
    failed = failed_items(planner or Planner(build))
    if failed:
        _commit_round(build, canonical_json(failed).encode())
    return {step: sum(len(items) for items in shards.values()) for step, shards in failed.items()}


def _commit_round(build: Build, data: bytes) -> None:
    for number in range(1, ROUNDS):
        key = build.key("retries", f"{number:04d}.json")
        # The same marks may lie there already: written by an attempt whose answer was lost on the way.
        if build.store.commit_part(key, data) or build.store.read(key) == data:
            return
    raise StoreError(f"build {build.build_id} was retried {ROUNDS - 1} times; begin a new build")
