"""The cut after scoring: one deterministic function, worst first, and the step that applies it to a build's scores."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from tasks import ids
from tasks.build import Build
from tasks.config.stages import SelectRule
from tasks.plan import Shard
from tasks.rows import PartReader
from tasks.shard import ShardReport, commit_rows, count_statuses
from tasks.stage import Row
from tasks.steps import BY_NAME

MISSED_CUT = "MissedCut"


@dataclass(frozen=True)
class Score:
    """One scored target. `mpjpe_mm` is None where the estimator found no hand."""

    target_id: str
    trajectory_id: str
    mpjpe_mm: float | None


@dataclass(frozen=True)
class Decision:
    """What became of a target: its place within its scope (0 is best), the error of the worst that was kept there,
    and the verdict.
    """

    score: Score
    rank: int
    threshold_mm: float | None
    kept: bool


def drop_count(n: int, fraction: float) -> int:
    """How many of `n` are dropped: the share as it is written in decimals, rounded down."""
    return math.floor(Fraction(str(fraction)) * n)


def _badness(score: Score) -> float:
    error = score.mpjpe_mm
    return math.inf if error is None or math.isnan(error) else error


def decide(scores: Sequence[Score], drop_fraction: float, scope: Literal["build", "input"]) -> list[Decision]:
    """One decision for each score, in the order given.

    Worst first are dropped; a missing hand is worst; ties go by id, the greater id being worse; `floor(n *
    drop_fraction)` go, over everything ('build') or within each trajectory ('input').
    """
    groups: dict[str, list[Score]] = defaultdict(list)
    for score in scores:
        groups[score.trajectory_id if scope == "input" else ""].append(score)
    made: dict[str, Decision] = {}
    for group in groups.values():
        ranked = sorted(group, key=lambda score: (_badness(score), score.target_id))
        kept = len(ranked) - drop_count(len(ranked), drop_fraction)
        worst_kept = _badness(ranked[kept - 1]) if kept else math.inf
        threshold = worst_kept if math.isfinite(worst_kept) else None
        for rank, score in enumerate(ranked):
            made[score.target_id] = Decision(score, rank, threshold, rank < kept)
    return [made[score.target_id] for score in scores]


def rule_of(build: Build, step: str) -> SelectRule:
    """The configured rule of a select step."""
    rules = build.config.select
    return rules.candidates if step == "select-candidates" or rules.clips is None else rules.clips


def run_select(build: Build, shard: Shard, reader: PartReader | None = None) -> ShardReport:
    """Decides over every ok score of the step before, and commits the decisions. Scores that failed get no decision."""
    if build.store.exists(shard.key):
        return ShardReport(shard.step, shard.shard_id, 0, skipped=True)
    step, rule = BY_NAME[shard.step], rule_of(build, shard.step)
    reader = reader or PartReader(build.store)
    columns = ("item_id", "status", "target_id", "trajectory_id", "mpjpe_mm", "detected")
    scored = [row for _, row in reader.columns(shard.inputs, columns) if row["status"] == "ok"]
    scores = [
        Score(row["target_id"], row["trajectory_id"], row["mpjpe_mm"] if row["detected"] else None) for row in scored
    ]
    subset = step.subset(build.subset)
    rows: list[Row] = []
    for row, decision in zip(scored, decide(scores, rule.drop_fraction, rule.scope), strict=True):
        identity = ids.item_id(step.name, step.version, subset, row["item_id"], "")
        rows.append(_decision_row(decision, rule, identity, row["item_id"], shard.shard_id, build.config.seed))
    digests = {key: reader.part(key)[1] for key in shard.inputs}
    commit_rows(build, step, shard, rows, digests)
    return ShardReport(shard.step, shard.shard_id, len(rows), len(rows), count_statuses(rows))


def _decision_row(
    decision: Decision, rule: SelectRule, identity: str, parent_id: str, shard_id: str, root_seed: int
) -> Row:
    error = decision.score.mpjpe_mm
    row: Row = {
        "item_id": identity,
        "parent_id": parent_id,
        "shard_id": shard_id,
        "status": "ok",
        "attempts": 1,
        "seed": ids.derive_seed(root_seed, identity, "select"),
        "target_id": decision.score.target_id,
        "trajectory_id": decision.score.trajectory_id,
        "mpjpe_mm": None if error is None or math.isnan(error) else error,
        "rank": decision.rank,
        "threshold_mm": decision.threshold_mm,
        "scope": rule.scope,
        "kept": decision.kept,
    }
    if not decision.kept:
        found = "no hand was found" if row["mpjpe_mm"] is None else f"{row['mpjpe_mm']:.2f} mm"
        share = (
            f"among the worst {rule.drop_fraction:.0%} of {'its trajectory' if rule.scope == 'input' else 'the build'}"
        )
        row |= {"status": "filtered", "error_type": MISSED_CUT, "error_message": f"{found}: {share}"}
    return row
