"""The cut after scoring, as a step: scores in as columns, decisions out as one part."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Float64

from tasks import ids
from tasks.build import Build
from tasks.config.stages import SelectRule
from tasks.cut import Decisions, decide
from tasks.errors import PamError
from tasks.plan import Shard
from tasks.shard import ShardReport
from tasks.steps import BY_NAME, Step
from tasks.tables.parts import read_part, write_columns
from tasks.timings import write_timings

SCORE_COLUMNS = ("item_id", "status", "target_id", "trajectory_id", "mpjpe_mm", "detected")
MISSED_CUT = "MissedCut"


class EmptySelectionError(PamError):
    """A cut that keeps nothing, so that there is nothing left to go on with."""


def rule_of(build: Build, step: str) -> SelectRule:
    """The configured rule of a select step."""
    rules = build.config.select
    return rules.candidates if step == "select-candidates" or rules.clips is None else rules.clips


def run_select(build: Build, shard: Shard) -> ShardReport:
    """Decides over every ok score of the step before, and commits the decisions. Scores that failed get no decision.

    Holds a few columns of all scores and one part at a time. Raises EmptySelectionError when nothing is kept, and
    StoreError or TableError for a part that is missing or unreadable.
    """
    if build.store.exists(shard.key):
        return ShardReport(shard.step, shard.shard_id, 0, skipped=True)
    started = time.perf_counter()
    step, rule = BY_NAME[shard.step], rule_of(build, shard.step)
    scores, digests = _scores(build, shard)
    found = scores.column("mpjpe_mm").to_numpy().astype(np.float64)
    found = np.where(scores.column("detected").to_numpy(), found, np.nan)
    decisions = decide(scores.column("target_id").chunk(0), scores.column("trajectory_id").chunk(0), found, rule)
    if len(found) and not decisions.kept.any():
        raise EmptySelectionError(_nothing_kept(shard.step, rule, found))
    columns = _decision_columns(build, step, shard.shard_id, rule, scores, found, decisions)
    lineage = build.lineage(step.name, step.version, input_parts=digests, retries=shard.retries)
    build.store.commit_part(shard.key, write_columns(step.table, columns, lineage))
    kept = int(decisions.kept.sum())
    seconds = time.perf_counter() - started
    write_timings(build, step.name, shard.shard_id, items=len(found), wall_s=seconds)
    statuses = {"ok": kept, "filtered": len(found) - kept, "failed": 0}
    return ShardReport(shard.step, shard.shard_id, len(found), len(found), statuses, seconds=seconds)


def _scores(build: Build, shard: Shard) -> tuple[pa.Table, dict[str, str]]:
    """The ok scores of all input parts as one chunk for each column, and the SHA-256 of every part."""
    tables, digests = [], {}
    for key in shard.inputs:
        data = build.store.read(key)
        digests[key] = ids.sha256_hex(data)
        table = read_part(data, key, SCORE_COLUMNS).table
        tables.append(table.filter(pc.equal(table.column("status"), "ok")).drop_columns(["status"]))
    joined = pa.concat_tables(tables)
    columns = [column.combine_chunks() if column.num_chunks != 1 else column.chunk(0) for column in joined.columns]
    return pa.table(dict(zip(joined.column_names, columns, strict=True))), digests


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
    identities = pa.array(_identities(step, step.subset(build.subset), parents), pa.string())
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


def _identities(step: Step, subset: dict[str, object], parents: pa.Array) -> Iterator[str]:
    """`ids.item_id` of many parents: what they share is spelled and hashed once."""
    shared = ids.canonical_json([step.name, step.version, subset])[:-1]
    begun = hashlib.sha256(f"{shared},".encode())
    for parent in parents:
        digest = begun.copy()
        digest.update(f'{ids.canonical_json(parent.as_py())},""]'.encode())
        yield digest.hexdigest()[: ids.ITEM_ID_DIGITS]


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
