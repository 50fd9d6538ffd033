"""Stages that only wait."""

import threading
import time
from pathlib import Path

import pytest

from tasks.build import open_build
from tasks.config import load_config
from tasks.config.execution import SimulationConfig
from tasks.costs import StageCost
from tasks.executor.inline import InlineExecutor
from tasks.plan import Planner
from tasks.select import run_select
from tasks.shard import run_shard
from tasks.simulation import SimulatedFailure, SimulatedItem, SimulatedStage, simulated_item
from tasks.snapshot import write_snapshot
from tasks.stage import Item
from tasks.stages import stage_factory
from tasks.steps import steps_of
from tasks.store import Store
from tasks.trace import spans_in
from tasks.verify import verify

FAST = SimulationConfig(speed=1000.0)


def _items(count: int) -> list[Item]:
    return [Item(f"{n:020x}", "p", "", n * 7919, {"pose": "t", "appearance": "c"}) for n in range(count)]


def _stage(store: Store, cost: StageCost, simulation: SimulationConfig = FAST, step: str = "video") -> SimulatedStage:
    stage = SimulatedStage(step, store, simulation, SimulatedItem(cost, 5))
    stage.setup()
    return stage


def test_a_simulated_build_is_whole(store: Store) -> None:
    """Catches rows that the plan, the tables or the verification of a real build would refuse."""
    settings = ["execution.executor=inline", "execution.simulation.speed=1e6", "appearance.candidates=4", "frames=5"]
    build = open_build(load_config("demo", None, settings), store)
    planner = Planner(build)
    for step in steps_of(build.config):
        plan = planner.plan(step.name)
        if step.reduce:
            run_select(planner, plan)
            continue
        with InlineExecutor(stage_factory(build, step)) as executor:
            for shard in plan.todo:
                run_shard(planner, shard, executor)
    snapshot = write_snapshot(build, planner)
    assert snapshot.rows("samples") == 2 * 5 and snapshot.rows("appearance") == 8
    assert verify(store, build.build_id).findings == ()


def test_a_simulated_build_is_never_taken_for_a_real_one(store: Store) -> None:
    """Catches empty rows that a later run without simulation finishes and publishes."""
    real, simulated = (
        open_build(load_config("demo", None, extra), store)
        for extra in ([], ["execution.simulation.speed=5", "execution.simulation.fails=0.1"])
    )
    assert real.build_id != simulated.build_id and "simulation" not in real.subset
    faster = open_build(load_config("demo", None, ["execution.simulation.speed=500"]), store)
    assert faster.build_id == simulated.build_id, "how fast time runs changes no row"


def test_the_wait_is_the_cost_over_the_speed(store: Store, tmp_path: Path) -> None:
    """Catches a prediction that does not follow the costs; GPUs are traced while they work and load."""
    simulation = SimulationConfig(speed=100.0, trace=tmp_path)
    stage = _stage(store, StageCost(gpu_s=5.0, cpu_s=2.0, load_s=3.0), simulation)
    started = time.perf_counter()
    rows = stage.infer(_items(2))
    assert 0.14 <= time.perf_counter() - started < 1.0
    assert len(rows) == 2 and rows[0][0]["num_frames"] == 5 and rows[0][0]["video_uri"] != rows[1][0]["video_uri"]
    load, busy = spans_in(tmp_path)
    assert load.what == "load" and load.end_s - load.start_s >= 0.03
    assert busy.what == "busy" and busy.end_s - busy.start_s >= 0.1


def test_one_gpu_serves_one_model_at_a_time(store: Store) -> None:
    """Catches a simulated GPU that does the work of two."""
    stages = [_stage(store, StageCost(gpu_s=20.0), SimulationConfig(speed=100.0)) for _ in range(2)]
    threads = [threading.Thread(target=stage.compute, args=(_items(1), None)) for stage in stages]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.perf_counter() - started >= 0.4


def test_the_same_items_fail_whenever_it_is_run(store: Store) -> None:
    """Catches failures that a clock or a global draw decides, and none where none was asked for."""
    items = _items(400)
    stage = _stage(store, StageCost(), SimulationConfig(speed=1e9, fails=0.05))
    failed = []
    for item in items:
        try:
            stage.compute([item], None)
        except SimulatedFailure:
            failed.append(item.item_id)
    assert 8 <= len(failed) <= 35
    with pytest.raises(SimulatedFailure):
        stage.compute(items, None)
    _stage(store, StageCost()).compute(items, None)


def test_the_table_is_what_is_waited_for() -> None:
    """Catches a simulation with costs of its own."""
    found = simulated_item(load_config("paper", None, ["execution.hardware=paper"]), "video")
    assert (found.cost.gpu_s, found.frames) == (245.7, 49)
