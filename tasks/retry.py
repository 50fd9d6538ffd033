"""Trying failed items again: they are marked in the build, and the next run replaces the parts in which they stand.

A mark changes the ids of the shards that hold the item, so the plan asks for new parts; rows that did not fail are
taken over from the old parts as they are, and only the failed items run. What depends on them (scores, the cut,
clips, frames) is planned anew in the same way. The snapshot lists the planned parts alone, so a reader sees each item
once.
"""

from tasks.build import Build
from tasks.errors import StoreError
from tasks.ids import canonical_json
from tasks.plan import Planner
from tasks.steps import steps_of

ROUNDS = 10_000


def failed_items(planner: Planner) -> dict[str, list[str]]:
    """Ids of the failed rows of every finished step, by step; steps without any are left out."""
    failed: dict[str, list[str]] = {}
    for step in steps_of(planner.build.config):
        if step.reduce:
            continue
        if not planner.finished(step.name):
            break
        rows = planner.rows(step.name, ("item_id", "status"))
        found = sorted(row["item_id"] for row in rows if row["status"] == "failed")
        if found:
            failed[step.name] = found
    return failed


def mark_failed(build: Build, planner: Planner | None = None) -> dict[str, int]:
    """Marks every failed item to be tried again by the next run; returns how many of each step. Nothing is written
    when none failed.
    """
    failed = failed_items(planner or Planner(build))
    if failed:
        _commit_round(build, canonical_json(failed).encode())
    return {step: len(items) for step, items in failed.items()}


def _commit_round(build: Build, data: bytes) -> None:
    for number in range(1, ROUNDS):
        if build.store.commit_part(build.key("retries", f"{number:04d}.json"), data):
            return
    raise StoreError(f"build {build.build_id} was retried {ROUNDS - 1} times; begin a new build")
