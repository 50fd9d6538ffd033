"""The cut: a pure function with few properties, all of them checked."""

import math

import numpy as np
import pytest

from tasks.select import Decision, Score, decide, drop_count
from tasks.steps import BY_NAME
from tasks.store import Store
from tests.tasks.conftest import Begin, ToySteps


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
    decisions = decide(scores, 0.25, "build" if scope == "build" else "input")
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


def test_the_step_decides_over_every_ok_score(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a failed score that is decided on, and decisions that cannot be read back."""
    run = begin(store, "select.candidates.scope=input")
    for name in ("pose", "appearance"):
        run.step(BY_NAME[name])
    bad = next(item.item_id for shard in run.planner.plan("score-candidates").shards for item in shard.items)
    toy.before_infer = lambda step, items: (
        (_ for _ in ()).throw(ValueError("x")) if bad in [i.item_id for i in items] else None
    )
    for name in ("score-candidates", "select-candidates"):
        run.step(BY_NAME[name])
    columns = (
        "parent_id",
        "status",
        "error_type",
        "error_message",
        "rank",
        "kept",
        "threshold_mm",
        "scope",
        "mpjpe_mm",
    )
    rows = list(run.planner.rows("select-candidates", columns))
    assert len(rows) == 11 and bad not in [row["parent_id"] for row in rows]
    dropped = [row for row in rows if not row["kept"]]
    assert len(dropped) == 2 and all(
        row["status"] == "filtered" and row["error_type"] == "MissedCut" for row in dropped
    )
    assert all("among the worst 25% of its trajectory" in row["error_message"] for row in dropped)
    assert all((row["status"] == "ok") == row["kept"] for row in rows)
