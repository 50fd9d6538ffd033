"""The cut as a step: what it reads and writes, what it costs, and what a change of the share redoes."""

import json
import tracemalloc

import pytest

from tasks import ids
from tasks.build import Build
from tasks.plan import Shard, StepPlan
from tasks.select import EmptySelectionError, run_select
from tasks.steps import BY_NAME
from tasks.store import Store
from tasks.tables.parts import read_part, write_part
from tasks.tables.score import CANDIDATE_SCORES
from tests.tasks.conftest import Begin, ToySteps


def test_the_step_decides_over_every_ok_score(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a failed score that is decided on, and decisions that cannot be read back."""
    run = begin(store, "select.candidates.scope=input")
    for name in ("pose", "appearance"):
        run.step(BY_NAME[name])
    bad = run.planner.members.items(run.planner.plan("score-candidates").shards[0])[0].item_id
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


def test_ids_and_seeds_are_those_of_every_other_item(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches ids hashed by columns that differ from the one definition of an item's id."""
    run = begin(store).all()
    step = BY_NAME["select-candidates"]
    subset = step.subset(run.build.subset)
    for row in run.planner.rows("select-candidates", ("item_id", "parent_id", "seed")):
        assert row["item_id"] == ids.item_id(step.name, step.version, subset, row["parent_id"], "")
        assert row["seed"] == ids.derive_seed(run.build.config.seed, row["item_id"], "select")


def test_the_step_leaves_its_timing(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a step that is missing from the report's times."""
    run = begin(store, "select.clips={}").all()
    for name in ("select-candidates", "select-clips"):
        (key,) = store.keys(run.build.key("timings", name))
        timing = json.loads(store.read(key))
        assert timing["items"] == len(list(run.planner.rows(name, ("item_id",))))
        assert timing["wall_s"] > 0 and timing["peak_rss_bytes"] > 2**20 and timing["gpu_s"] == 0


def test_another_share_costs_no_model(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a select rule that changes the id of a candidate, a score, or a clip that both shares keep."""
    one = begin(store, "select.candidates.drop_fraction=0.25", name="quarter").all()
    parts = {name: [key.rsplit("/")[-1] for key in one.planner.parts(name)] for name in UPSTREAM}
    clips = {row["item_id"] for row in one.planner.rows("video", ("item_id",))}
    two = begin(store, "select.candidates.drop_fraction=0.5", name="half").all()
    for name in UPSTREAM:
        assert [key.rsplit("/")[-1] for key in two.planner.parts(name)] == parts[name], name
        one_bytes = [store.read(key) for key in one.planner.parts(name)]
        assert [_rows(store.read(key)) for key in two.planner.parts(name)] == [_rows(data) for data in one_bytes]
    assert clips & {row["item_id"] for row in two.planner.rows("video", ("item_id",))}
    kept = [sum(row["kept"] for row in run.planner.rows("select-candidates", ("kept",))) for run in (one, two)]
    assert kept == [9, 6]


UPSTREAM = ("pose", "appearance", "score-candidates")


def _rows(data: bytes) -> list[dict[str, object]]:
    return list(read_part(data, "part").table.to_pylist())


def test_a_threshold_that_nothing_reaches_is_one_clear_line(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a build that goes on with nothing."""
    run = begin(store, "select.candidates.threshold_mm=0.001")
    for name in ("pose", "appearance", "score-candidates"):
        run.step(BY_NAME[name])
    with pytest.raises(EmptySelectionError, match=r"select.candidates.threshold_mm = 0.001; the best has .* mm"):
        run.step(BY_NAME["select-candidates"])
    assert not list(store.keys(run.build.key("manifests")).keys() & {"select-candidates"})


def test_a_threshold_is_stored_and_named(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a reason that blames the share."""
    run = begin(store, "select.candidates.threshold_mm=50")
    for name in ("pose", "appearance", "score-candidates", "select-candidates"):
        run.step(BY_NAME[name])
    rows = list(run.planner.rows("select-candidates", ("kept", "threshold_mm", "mpjpe_mm", "error_message")))
    assert {row["threshold_mm"] for row in rows} == {50.0}
    assert all(row["kept"] == (row["mpjpe_mm"] is not None and row["mpjpe_mm"] <= 50) for row in rows)
    assert all("above the threshold of 50 mm" in row["error_message"] for row in rows if not row["kept"])


def score_part(build: Build, first: int, count: int) -> bytes:
    """A part of made-up scores with ids like real ones."""
    rows = [
        {
            "item_id": f"{n:020x}",
            "parent_id": f"{n + 1:020x}",
            "shard_id": "s",
            "status": "ok",
            "attempts": 1,
            "seed": n,
            "target_id": f"{n + 1:020x}",
            "trajectory_id": f"{n // 30:020x}",
            "mpjpe_mm": float(n * 7919 % 1000) / 10,
            "detected": True,
        }
        for n in range(first, first + count)
    ]
    return write_part(CANDIDATE_SCORES, rows, build.lineage("score-candidates", 1))


def test_memory_grows_by_columns_and_not_by_rows_as_objects(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a cut that holds Python objects for each candidate: 3,000,000 of them would need many gigabytes."""
    run = begin(store)
    build = run.build
    size, parts = 4000, 5
    keys = tuple(build.part_key("score-candidates", f"p{n}") for n in range(parts))
    for n, key in enumerate(keys):
        store.commit_part(key, score_part(build, n * size, size))
    shards = tuple(
        Shard("select-candidates", f"cut{n}", build.part_key("select-candidates", f"cut{n}"), (key,), n, scope=keys)
        for n, key in enumerate(keys)
    )
    tracemalloc.start()
    reports = run_select(run.planner, StepPlan(BY_NAME["select-candidates"], shards, frozenset()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(report.statuses["ok"] for report in reports) == 15000
    assert sum(report.statuses["filtered"] for report in reports) == 5000
    assert peak < 400 * size * parts
