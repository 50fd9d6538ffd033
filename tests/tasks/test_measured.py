"""What builds cost that were made."""

from typing import Any

import pytest

from tasks.build import Build
from tasks.estimate import HOUR_S, error_on_last, estimate
from tasks.measured import Measured, measured_builds, measured_costs
from tasks.stage import Item, Outcome
from tasks.store import Store
from tasks.timings import write_timings
from tests.tasks.conftest import Begin, ToySteps


def _worked(build: Build, step: str, shard: str, items: int, seconds: float, **more: Any) -> None:
    outcomes = [Outcome(Item(str(n), "", "", 0), seconds=seconds, compute_s=seconds / 2) for n in range(items)]
    write_timings(build, step, shard, items=items, wall_s=1.0, outcomes=outcomes, size_bytes=100 * items, **more)


def test_costs_come_from_builds_with_the_same_model(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches twenty-eight steps priced by builds of twelve, rows that were taken over, and a broken sidecar."""
    one, two = begin(store, "seed=1").build, begin(store, "seed=2").build
    other = begin(store, "appearance.steps=99").build
    _worked(one, "appearance", "a", 10, 2.0, gpus=1.0)
    _worked(two, "appearance", "a", 30, 4.0, gpus=1.0, taken_over=10)
    _worked(other, "appearance", "a", 10, 500.0, gpus=1.0)
    store.replace(one.timings_key("appearance", "broken"), b"{")
    found = measured_costs(one, measured_builds(store))
    assert found == {"appearance": Measured(30, 20.0 + 120.0, 10.0 + 60.0, 4000)}


def test_simulated_builds_measure_nothing(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches prices out of a clock that ran a hundred times too fast."""
    build = begin(store, "execution.simulation.speed=100").build
    _worked(build, "video", "a", 10, 0.1)
    assert measured_costs(build, measured_builds(store)) == {}


def test_the_last_build_is_estimated_from_those_before_it(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches an error of 0 % because the build was estimated from itself."""
    first, last = begin(store, "seed=1").build, begin(store, "seed=2").build
    assert error_on_last(first, measured_builds(store)) is None
    _worked(first, "video", "a", 10, 3.0, gpus=1.0)
    _worked(last, "video", "a", 20, 4.0, gpus=1.0)
    past = error_on_last(first, measured_builds(store))
    assert past is not None and (past.build_id, past.unit) == (last.build_id, "GPU-hours")
    assert past.measured_hours == 40 / HOUR_S and past.estimated_hours == 30 / HOUR_S
    assert round(past.percent) == -25
    found = estimate(first, {"video": 100}, measured_costs(first, measured_builds(store)))
    assert next(step for step in found.steps if step.step == "video").gpu_hours == pytest.approx(100 * 55 / 30 / HOUR_S)
