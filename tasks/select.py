"""The cut after scoring, as a step: scores in as columns, decisions out as one part for each block of trajectories."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float64

from tasks import ids
from tasks.build import Build
from tasks.config.stages import SelectRule
from tasks.cut import Decisions, decide
from tasks.errors import PamError
from tasks.measures import tell_kept
from tasks.plan import Planner, Shard, StepPlan, decides_alone, rule_of
from tasks.shard import ShardReport
from tasks.steps import BY_NAME, Step
from tasks.tables.parts import read_part, write_columns
from tasks.timings import write_timings

JUDGED = ("target_id", "trajectory_id", "mpjpe_mm", "detected")
MISSED_CUT = "MissedCut"


class EmptySelectionError(PamError):
    """A cut that keeps nothing, so that there is nothing left to go on with."""


@dataclass(frozen=True)
class Verdicts:
    """Decisions over the ok scores of several parts, and where in them each part's begin."""

    decisions: Decisions
    starts: dict[str, int]

    def of(self, first: str, count: int) -> Decisions:
        """Those of `count` scores in order, from the first of a part."""
        start = self.starts[first]
        found, chosen = self.decisions, slice(start, start + count)
        return Decisions(found.rank[chosen], found.threshold_mm[chosen], found.kept[chosen])


def run_select(planner: Planner, plan: StepPlan) -> list[ShardReport]:
    """Decides over every ok score of the step before, and commits the decisions of each block that has no part yet.
    Scores that failed get no decision.

    A cut over the whole build holds an id and an error for each score (about 50 bytes), all else is one block at a
    time. Raises EmptySelectionError when nothing is kept, and StoreError or TableError for a part that is missing or
    unreadable.
    """
    build, rule = planner.build, rule_of(planner.build, plan.step.name)
    if not plan.todo:
        return []
    shared = None if decides_alone(rule) else _judge(build, rule, plan.todo[0].scope)
    if len(plan.todo) == len(plan.shards):
        _check_some_kept(build, plan, rule, shared)
    reports = []
    for shard in plan.todo:
        reports.append(_commit_block(build, shard, rule, shared or _judge(build, rule, shard.scope)))
        planner.committed(shard)
    return reports


def _judge(build: Build, rule: SelectRule, parts: Sequence[str]) -> Verdicts:
    """The rule over the ok scores of parts, read one after the other."""
    tables, starts, count = [], {}, 0
    for key in parts:
        table = _ok_scores(build.store.read(key), key, JUDGED)
        starts[key] = count
        count += table.num_rows
        tables.append(table)
    scores = _whole(pa.concat_tables(tables))
    targets, trajectories = (scores.column(name).chunk(0) for name in ("target_id", "trajectory_id"))
    return Verdicts(decide(targets, trajectories, _errors_mm(scores), rule), starts)


def _ok_scores(data: bytes, key: str, columns: Sequence[str]) -> pa.Table:
    table = read_part(data, key, ("status", *columns)).table
    return table.filter(pc.equal(table.column("status"), "ok")).drop_columns(["status"])


def _whole(table: pa.Table) -> pa.Table:
    """The table with one chunk for each column."""
    columns = [column.combine_chunks() if column.num_chunks != 1 else column.chunk(0) for column in table.columns]
    return pa.table(dict(zip(table.column_names, columns, strict=True)))


def _errors_mm(scores: pa.Table) -> Float64[np.ndarray, " N"]:
    """The error of each score, NaN where no hand was found."""
    found = scores.column("mpjpe_mm").to_numpy().astype(np.float64)
    return np.where(scores.column("detected").to_numpy(), found, np.nan)


def _check_some_kept(build: Build, plan: StepPlan, rule: SelectRule, shared: Verdicts | None) -> None:
    judged = [shared] if shared is not None else (_judge(build, rule, shard.scope) for shard in plan.shards)
    total = 0
    for verdicts in judged:
        if verdicts.decisions.kept.any():
            return
        total += len(verdicts.decisions.kept)
    if total:
        keys = plan.shards[0].scope if shared is not None else [key for shard in plan.shards for key in shard.scope]
        errors = [_errors_mm(_ok_scores(build.store.read(key), key, JUDGED)) for key in keys]
        raise EmptySelectionError(_nothing_kept(plan.step.name, rule, np.concatenate(errors)))


def _commit_block(build: Build, shard: Shard, rule: SelectRule, verdicts: Verdicts) -> ShardReport:
    if build.store.exists(shard.key):
        return ShardReport(shard.step, shard.shard_id, shard.count, skipped=True)
    started = time.perf_counter()
    step = BY_NAME[shard.step]
    tables, digests = [], {}
    for key in shard.inputs:
        data = build.store.read(key)
        digests[key] = ids.sha256_hex(data)
        tables.append(_ok_scores(data, key, ("item_id", *JUDGED)))
    scores = _whole(pa.concat_tables(tables))
    found = _errors_mm(scores)
    decisions = verdicts.of(shard.inputs[0], len(found))
    columns = _decision_columns(build, step, shard.shard_id, rule, scores, found, decisions)
    place = (shard.block, shard.first, shard.last)
    lineage = build.lineage(step.name, step.version, input_parts=digests, retries=shard.retries, place=place)
    build.store.commit_part(shard.key, write_columns(step.table, columns, lineage))
    kept, seconds = int(decisions.kept.sum()), time.perf_counter() - started
    write_timings(build, step.name, shard.shard_id, items=len(found), wall_s=seconds)
    tell_kept(build.build_id, step.name, found[decisions.kept])
    statuses = {"ok": kept, "filtered": len(found) - kept, "failed": 0}
    return ShardReport(shard.step, shard.shard_id, len(found), len(found), statuses, seconds=seconds)


def _nothing_kept(step: str, rule: SelectRule, mpjpe_mm: Float64[np.ndarray, " N"]) -> str:
    seen = mpjpe_mm[~np.isnan(mpjpe_mm)]
    best = f"the best has {seen.min():.2f} mm" if len(seen) else "no hand was found in any"
    where = f"select.{step.removeprefix('select-')}.threshold_mm"
    return f"step {step}: none of {len(mpjpe_mm)} is kept at {where} = {rule.threshold_mm:g}; {best}: raise it"


def _decision_columns(
    build: Build,
    step: Step,
    shard_id: str,
    rule: SelectRule,
    scores: pa.Table,
    mpjpe_mm: Float64[np.ndarray, " N"],
    decisions: Decisions,
) -> pa.Table:
    """The part's columns, in the order of the scores. `mpjpe_mm` is NaN where no hand was found."""
    count = len(mpjpe_mm)
    parents = scores.column("item_id").chunk(0)
    prefix = build.item_prefix(step)
    identities = pa.array([ids.item_id_below(prefix, parent.as_py(), "") for parent in parents], pa.string())
    seeds = (ids.derive_seed(build.config.seed, identity.as_py(), "select") for identity in identities)
    dropped = pa.array(~decisions.kept)
    columns = {
        "item_id": identities,
        "parent_id": parents,
        "shard_id": pa.repeat(shard_id, count),
        "status": pa.array(np.where(decisions.kept, "ok", "filtered").astype(object), pa.string()),
        "error_type": pa.array([MISSED_CUT], pa.string()).take(_where(dropped)),
        "error_message": pa.array(_reasons(rule, mpjpe_mm, decisions), pa.string()),
        "attempts": pa.repeat(pa.scalar(1, pa.int32()), count),
        "seed": pa.array(np.fromiter(seeds, np.uint64, count)),
        "target_id": scores.column("target_id").chunk(0),
        "trajectory_id": scores.column("trajectory_id").chunk(0),
        "mpjpe_mm": _nullable(mpjpe_mm),
        "rank": pa.array(decisions.rank),
        "threshold_mm": _nullable(decisions.threshold_mm),
        "scope": pa.repeat(rule.scope, count),
        "kept": pa.array(decisions.kept),
    }
    return pa.Table.from_arrays([columns[name] for name in step.table.schema.names], schema=step.table.schema)


def _where(chosen: pa.BooleanArray) -> pa.Array:
    """Index 0 where chosen and null elsewhere."""
    marks = np.asarray(chosen)
    return pa.array(np.zeros(len(marks), np.int32), mask=~marks)


def _nullable(values: Float64[np.ndarray, " N"]) -> pa.Array:
    return pa.array(values.astype(np.float32), mask=np.isnan(values))


def _reasons(rule: SelectRule, mpjpe_mm: Float64[np.ndarray, " N"], decisions: Decisions) -> Iterator[str | None]:
    if rule.threshold_mm is not None:
        why = f"above the threshold of {rule.threshold_mm:g} mm"
    else:
        why = (
            f"among the worst {rule.drop_fraction:.0%} of {'its trajectory' if rule.scope == 'input' else 'the build'}"
        )
    for error, kept in zip(mpjpe_mm, decisions.kept, strict=True):
        if kept:
            yield None
        else:
            yield f"no hand was found: {why}" if np.isnan(error) else f"{error:.2f} mm: {why}"
