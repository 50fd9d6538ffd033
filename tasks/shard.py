"""One shard: its items in, its committed part out. Doing it twice, or in two places at once, ends in the same part."""

import logging
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tasks import ids
from tasks.build import Build
from tasks.errors import TableError, TooManyFailuresError
from tasks.executor.contract import Executor
from tasks.footers import total_reasons, total_statuses
from tasks.measures import tell_written
from tasks.plan import Planner, Shard, StepPlan
from tasks.stage import OnProgress, Outcome, Progress, Row
from tasks.stages import models_of
from tasks.steps import BY_NAME, Step
from tasks.tables.parts import write_part
from tasks.tables.summary import STATUSES
from tasks.tables.table import COMMON, Table
from tasks.takeover import rows_taken_over
from tasks.timings import write_timings

log = logging.getLogger(__name__)

COMMON_NAMES = frozenset(column.name for column in COMMON)
REASONS_SHOWN = 3


@dataclass(frozen=True)
class ShardReport:
    """What a shard came to. `skipped`: the part was there already; `taken_over`: items whose rows an earlier part
    held; `bytes`: of its part and of the media that its rows name.
    """

    step: str
    shard_id: str
    items: int
    rows: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    taken_over: int = 0
    bytes: int = 0
    seconds: float = 0.0
    skipped: bool = False

    @property
    def failed(self) -> int:
        """Number of failed rows."""
        return self.statuses.get("failed", 0)


def run_shard(planner: Planner, shard: Shard, executor: Executor, on_progress: OnProgress | None = None) -> ShardReport:
    """Works a shard off and commits its part, unless that is done already.

    Raises InfrastructureError when the store or the workers fail: nothing is committed then, and the shard may be run
    again.
    Raises TableError when a stage's rows do not fit the table.
    """
    build, step = planner.build, BY_NAME[shard.step]
    if build.store.exists(shard.key):
        planner.committed(shard)
        return ShardReport(shard.step, shard.shard_id, shard.count, skipped=True)
    started = time.perf_counter()
    members = planner.members.items(shard)
    kept = rows_taken_over(planner, shard, members)
    items, input_parts = planner.members.with_inputs(shard, [item for item in members if item.item_id not in kept])
    outcomes = executor.map(
        items, batch_size=step.batch_size(build.config), on_progress=_offset(on_progress, len(kept), len(members))
    )
    tell_failures(build, shard, outcomes)
    fresh = {outcome.item.item_id: list(finished_rows(outcome, shard.shard_id, step.table)) for outcome in outcomes}
    rows = [row for item in members for row in (kept.get(item.item_id) or fresh[item.item_id])]
    rows = [{**row, "shard_id": shard.shard_id} for row in rows]
    size = commit_rows(build, step, shard, rows, input_parts)
    planner.committed(shard)
    report = ShardReport(
        shard.step,
        shard.shard_id,
        len(members),
        len(rows),
        count_statuses(rows),
        len(kept),
        size + media_bytes(rows),
        time.perf_counter() - started,
    )
    write_timings(
        build,
        step.name,
        shard.shard_id,
        items=report.items,
        wall_s=report.seconds,
        outcomes=outcomes,
        gpus=executor.gpus_per_worker,
        taken_over=report.taken_over,
        size_bytes=report.bytes,
    )
    tell_written(build.build_id, step.name, report.bytes)
    return report


def tell_failures(build: Build, shard: Shard, outcomes: Sequence[Outcome]) -> None:
    """Logs each item that failed; its row says the same."""
    for outcome in outcomes:
        if outcome.failed:
            place = (build.build_id, shard.step, shard.shard_id, outcome.item.item_id)
            why = f"{outcome.error_type}: {outcome.error_message}"
            log.info("build=%s step=%s shard=%s item=%s: failed: %s", *place, why)


def commit_rows(build: Build, step: Step, shard: Shard, rows: Sequence[Row], input_parts: Mapping[str, str]) -> int:
    """Builds the part's bytes, checks them, and creates the part; another writer's part of the same shard is as
    good. Returns the part's length in bytes.
    """
    lineage = build.lineage(
        step.name,
        step.version,
        models=models_of(build, step),
        input_parts=input_parts,
        retries=shard.retries,
        place=(shard.block, shard.first, shard.last),
    )
    data = write_part(step.table, rows, lineage)
    build.store.commit_part(shard.key, data)
    return len(data)


def media_bytes(rows: Sequence[Row]) -> int:
    """Length of all media that rows name, in bytes; one that several rows name counts each time."""
    return sum(value for row in rows for name, value in row.items() if name.endswith("_bytes") and value is not None)


def finished_rows(outcome: Outcome, shard_id: str, table: Table) -> Iterator[Row]:
    """The rows of an outcome with the common columns; a failed item gives one row that says why, and what the plan
    knew of it (its index, its request) as far as the table has columns for that.
    """
    item = outcome.item
    common: Row = {
        "parent_id": item.parent_id,
        "shard_id": shard_id,
        "status": "ok",
        "error_type": None,
        "error_message": None,
        "attempts": outcome.attempts,
        "seed": item.seed,
    }
    if outcome.failed:
        why = {"status": "failed", "error_type": outcome.error_type, "error_message": outcome.error_message}
        known = {column.name: item.fields[column.name] for column in table.columns if column.name in item.fields}
        yield {**common, **known, **why, "item_id": item.item_id}
        return
    for index, row in enumerate(outcome.rows):
        own = row.keys() & (COMMON_NAMES - {"status", "error_type", "error_message"})
        if own:
            raise TableError(f"item {item.item_id}: a stage's row holds {sorted(own)[0]}, which is filled in for it")
        identity = item.item_id if len(outcome.rows) == 1 else ids.child_id(item.item_id, index)
        yield {**common, **row, "item_id": identity}


def count_statuses(rows: Sequence[Row]) -> dict[str, int]:
    """How many rows are ok, filtered and failed."""
    counts = Counter(row["status"] for row in rows)
    return {status: counts[status] for status in STATUSES}


def check_failures(planner: Planner, plan: StepPlan) -> dict[str, int]:
    """Counts a finished step's rows by status, as the footers of its parts state them.

    Raises TooManyFailuresError when more items failed than `execution.max_failed_fraction` allows, or when none is ok.
    """
    footers = planner.footers_of(plan.step.name, [shard.key for shard in plan.shards]).values()
    counts = total_statuses(footers)
    total = sum(counts.values())
    limit = planner.build.config.execution.max_failed_fraction
    reasons = total_reasons(footers).most_common(REASONS_SHOWN)
    most = "; ".join(f"{reason} ({count}x)" for reason, count in reasons)
    if total and counts["failed"] > limit * total:
        raise TooManyFailuresError(
            f"step {plan.step.name}: {counts['failed']} of {total} items failed, "
            f"execution.max_failed_fraction allows {limit:g}: {most}"
        )
    if total and not counts["ok"] and not plan.step.reduce:
        raise TooManyFailuresError(
            f"step {plan.step.name}: none of {total} items is ok, so nothing is left to go on with: {most}"
        )
    return counts


def _offset(on_progress: OnProgress | None, before: int, total: int) -> OnProgress | None:
    if on_progress is None:
        return None
    report = on_progress
    if before:
        report(Progress(before, total, 0))
    return lambda progress: report(Progress(before + progress.done, total, progress.failed))
