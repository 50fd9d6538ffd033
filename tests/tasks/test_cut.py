"""The cut: a pure function with few properties, all of them checked."""

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from tasks.config.stages import SelectRule
from tasks.cut import decide as decide_columns
from tasks.cut import drop_count


@dataclass(frozen=True)
class Score:
    target_id: str
    trajectory_id: str
    mpjpe_mm: float | None


@dataclass(frozen=True)
class Decision:
    score: Score
    rank: int
    threshold_mm: float | None
    kept: bool


def decide(scores: list[Score], fraction: float, scope: str, threshold_mm: float | None = None) -> list[Decision]:
    """The cut over rows, so that the tests read like its definition."""
    rule = SelectRule(drop_fraction=fraction, scope="build" if scope == "build" else "input", threshold_mm=threshold_mm)
    errors = np.array([math.nan if s.mpjpe_mm is None else s.mpjpe_mm for s in scores], np.float64)
    found = decide_columns(
        pa.array([s.target_id for s in scores], pa.string()),
        pa.array([s.trajectory_id for s in scores], pa.string()),
        errors,
        rule,
    )
    limits = [None if math.isnan(limit) else limit for limit in found.threshold_mm.tolist()]
    return [Decision(*row) for row in zip(scores, found.rank.tolist(), limits, found.kept.tolist(), strict=True)]


def _random_scores(seed: int, count: int) -> list[Score]:
    rng = np.random.default_rng(seed)
    errors = [None if rng.random() < 0.1 else float(rng.integers(0, 12)) for _ in range(count)]
    return [Score(f"id{rng.integers(10**9):09d}-{n}", f"t{n % 3}", error) for n, error in enumerate(errors)]


def _worse(one: Decision, other: Decision) -> bool:
    def key(decision: Decision) -> tuple[float, str]:
        error = decision.score.mpjpe_mm
        return (math.inf if error is None else error, decision.score.target_id)

    return key(one) > key(other)


@pytest.mark.parametrize(
    ("count", "fraction", "dropped"),
    [(30, 0.25, 7), (30, 0.1, 3), (100, 0.29, 29), (3, 0.25, 0), (0, 0.5, 0), (7, 0.99, 6)],
)
def test_the_number_dropped_is_rounded_down_in_decimals(count: int, fraction: float, dropped: int) -> None:
    """Catches 0.29 * 100 = 28.999... in binary, and rounding that drops one too many."""
    assert drop_count(count, fraction) == dropped


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("scope", ["build", "input"])
def test_none_dropped_is_better_than_one_kept(seed: int, scope: str) -> None:
    """Catches a wrong order, ties that are broken by chance, and a missing hand that passes for a good one."""
    scores = _random_scores(seed, 37)
    decisions = decide(scores, 0.25, scope)
    groups = (
        [decisions]
        if scope == "build"
        else [[d for d in decisions if d.score.trajectory_id == t] for t in ("t0", "t1", "t2")]
    )
    for group in groups:
        kept, dropped = [d for d in group if d.kept], [d for d in group if not d.kept]
        assert len(dropped) == drop_count(len(group), 0.25)
        assert all(_worse(bad, good) for bad in dropped for good in kept)
        assert sorted(d.rank for d in group) == list(range(len(group)))
        worst = max(kept, key=lambda d: d.rank)
        assert {d.threshold_mm for d in group} == {worst.score.mpjpe_mm}
    assert [d.score for d in decisions] == scores


def test_order_of_the_rows_does_not_matter() -> None:
    """Catches a cut that depends on how shards were cut."""
    scores = _random_scores(3, 40)
    shuffled = [scores[n] for n in np.random.default_rng(0).permutation(40)]
    assert {d.score.target_id: d for d in decide(scores, 0.25, "build")} == {
        d.score.target_id: d for d in decide(shuffled, 0.25, "build")
    }


def test_ties_go_by_id_and_a_missing_hand_is_worst() -> None:
    """Catches a tie that is decided by position."""
    scores = [Score("c", "t", 1.0), Score("a", "t", 1.0), Score("z", "t", None), Score("b", "t", math.nan)]
    decisions = {d.score.target_id: d for d in decide(scores, 0.75, "build")}
    assert [name for name, d in decisions.items() if d.kept] == ["a"]
    assert [decisions[name].rank for name in ("a", "c", "b", "z")] == [0, 1, 2, 3]
    assert decide([], 0.25, "build") == []


def test_without_any_hand_there_is_no_threshold() -> None:
    """Catches infinity or NaN in a table."""
    (decision,) = decide([Score("a", "t", None)], 0.25, "input")
    assert decision.kept and decision.threshold_mm is None


def test_a_threshold_keeps_what_reaches_it_whatever_the_share() -> None:
    """Catches a threshold that is combined with the share, is exclusive, or lets a missing hand through."""
    scores = [Score("a", "t", 5.0), Score("b", "t", 9.0), Score("c", "u", 9.01), Score("d", "u", None)]
    for scope in ("build", "input"):
        decisions = decide(scores, 0.25, scope, threshold_mm=9.0)
        assert [d.kept for d in decisions] == [True, True, False, False]
        assert {d.threshold_mm for d in decisions} == {9.0}
    assert [d.rank for d in decide(scores, 0.25, "input", threshold_mm=9.0)] == [0, 1, 0, 1]


def test_a_threshold_decides_each_item_alone() -> None:
    """Catches a streaming cut whose verdicts change when more items arrive."""
    scores = _random_scores(4, 30)
    early = decide(scores[:7], 0.25, "build", threshold_mm=6.0)
    assert [d.kept for d in early] == [d.kept for d in decide(scores, 0.25, "build", threshold_mm=6.0)[:7]]
