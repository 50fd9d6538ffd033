"""One shard: its items in, its committed part out. Doing it twice, or in two places at once, ends in the same part."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module

from tasks import ids
from tasks.build import Build
from tasks.errors import TableError, TooManyFailuresError
from tasks.executor.contract import Executor
from tasks.plan import Shard, StepPlan
from tasks.rows import PartReader
from tasks.stage import Item, OnProgress, Outcome, Progress, Row
from tasks.steps import BY_NAME, Step
from tasks.tables.parts import STATUSES, write_part
from tasks.tables.table import COMMON, Table
from tasks.timings import write_timings

COMMON_NAMES = frozenset(column.name for column in COMMON)
REASONS_SHOWN = 3


@dataclass(frozen=True)
class ShardReport:
    """What a shard came to. `skipped`: the part was there already; `taken_over`: items whose rows an earlier part
    held.
    """

    step: str
    shard_id: str
    items: int
    rows: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    taken_over: int = 0
    seconds: float = 0.0
    skipped: bool = False

    @property
    def failed(self) -> int:
        """Number of failed rows."""
        return self.statuses.get("failed", 0)


def run_shard(
    build: Build,
    shard: Shard,
    executor: Executor,
    reader: PartReader | None = None,
    on_progress: OnProgress | None = None,
) -> ShardReport:
    """Works a shard off and commits its part, unless that is done already.

    Raises InfrastructureError when the store or the workers fail: nothing is committed then, and the shard may be run
    again.
    Raises TableError when a stage's rows do not fit the table.
    """
    if build.store.exists(shard.key):
        return ShardReport(shard.step, shard.shard_id, len(shard.items), skipped=True)
    started = time.perf_counter()
    step = BY_NAME[shard.step]
    reader = reader or PartReader(build.store)
    kept, _ = _kept_rows(step, shard, reader)
    items, input_parts = with_inputs(shard, [item for item in shard.items if item.item_id not in kept], reader)
    outcomes = executor.map(
        items, batch_size=step.batch_size(build.config), on_progress=_offset(on_progress, len(kept), len(shard.items))
    )
    fresh = {outcome.item.item_id: list(finished_rows(outcome, shard.shard_id, step.table)) for outcome in outcomes}
    rows = [row for item in shard.items for row in (kept.get(item.item_id) or fresh[item.item_id])]
    rows = [{**row, "shard_id": shard.shard_id} for row in rows]
    commit_rows(build, step, shard, rows, input_parts)
    report = ShardReport(
        shard.step,
        shard.shard_id,
        len(shard.items),
        len(rows),
        count_statuses(rows),
        len(kept),
        time.perf_counter() - started,
    )
    write_timings(
        build,
        step.name,
        shard.shard_id,
        items=report.items,
        wall_s=report.seconds,
        outcomes=outcomes,
        gpus=getattr(build.config.execution.stages, step.resources or "pose").gpus,
        taken_over=report.taken_over,
    )
    return report


def commit_rows(build: Build, step: Step, shard: Shard, rows: Sequence[Row], input_parts: Mapping[str, str]) -> None:
    """Builds the part's bytes, checks them, and creates the part; another writer's part of the same shard is as
    good.
    """
    models = getattr(import_module(step.module), "models", None)
    lineage = build.lineage(
        step.name,
        step.version,
        models=models(build, step) if models is not None else {},
        input_parts=input_parts,
        retries=shard.retries,
    )
    build.store.commit_part(shard.key, write_part(step.table, rows, lineage))


def with_inputs(shard: Shard, items: Sequence[Item], reader: PartReader) -> tuple[list[Item], dict[str, str]]:
    """Items with the rows they refer to, and the SHA-256 of every part that the shard's items refer to."""
    rows: dict[str, dict[str, Row]] = {}
    for name, places in shard.sources.items():
        wanted: dict[str, list[str]] = {}
        for row_id in dict.fromkeys(item.refs[name] for item in items if name in item.refs):
            wanted.setdefault(places[row_id], []).append(row_id)
        found, _ = reader.rows(wanted)
        rows[name] = {row_id: several[0] for row_id, several in found.items()}
    filled = [replace(item, inputs={name: rows[name][row_id] for name, row_id in item.refs.items()}) for item in items]
    return filled, {key: reader.part(key)[1] for key in shard.inputs}


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


def check_failures(build: Build, plan: StepPlan, reader: PartReader | None = None) -> dict[str, int]:
    """Counts a finished step's rows by status.

    Raises TooManyFailuresError when more items failed than `execution.max_failed_fraction` allows, or when none is ok.
    """
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    reader = reader or PartReader(build.store)
    for _, row in reader.columns([shard.key for shard in plan.shards], ("status", "error_type", "error_message")):
        counts[row["status"]] += 1
        if row["status"] != "ok":
            reasons[f"{row['error_type']}: {row['error_message']}"] += 1
    total = sum(counts.values())
    limit = build.config.execution.max_failed_fraction
    most = "; ".join(f"{reason} ({count}x)" for reason, count in reasons.most_common(REASONS_SHOWN))
    if total and counts["failed"] > limit * total:
        raise TooManyFailuresError(
            f"step {plan.step.name}: {counts['failed']} of {total} items failed, "
            f"execution.max_failed_fraction allows {limit:g}: {most}"
        )
    if total and not counts["ok"] and not plan.step.reduce:
        raise TooManyFailuresError(
            f"step {plan.step.name}: none of {total} items is ok, so nothing is left to go on with: {most}"
        )
    return {status: counts[status] for status in STATUSES}


def _kept_rows(step: Step, shard: Shard, reader: PartReader) -> tuple[dict[str, list[Row]], dict[str, str]]:
    """Rows of this shard's items that an earlier part of the step holds."""
    if not shard.takeover:
        return {}, {}
    by = "item_id" if step.table.rows == "one" else "parent_id"
    row_id = {item.item_id: item.item_id if by == "item_id" else item.parent_id for item in shard.items}
    wanted: dict[str, list[str]] = {}
    for item_id, key in shard.takeover.items():
        wanted.setdefault(key, []).append(row_id[item_id])
    found, digests = reader.rows(wanted, by)
    return {item_id: found[row_id[item_id]] for item_id in shard.takeover}, digests


def _offset(on_progress: OnProgress | None, before: int, total: int) -> OnProgress | None:
    if on_progress is None:
        return None
    report = on_progress
    if before:
        report(Progress(before, total, 0))
    return lambda progress: report(Progress(before + progress.done, total, progress.failed))
