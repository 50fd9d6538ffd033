"""Hours, bytes and money."""

import pytest

from tasks.build import open_build
from tasks.config import load_config
from tasks.config.execution import PricesConfig
from tasks.estimate import estimate
from tasks.store import Store


def test_the_table_times_the_items(store: Store) -> None:
    """Catches hours that do not follow the items, and a price that is left out."""
    build = open_build(load_config("paper", None, ["execution.hardware=paper", "hand.model=free"]), store)
    prices = PricesConfig(gpu_hour=2.0, cpu_hour=0.1, gb_month=0.02)
    found = estimate(build, {"video": 1000, "appearance": 30_000}, {}, prices)
    assert found.gpu_hours == pytest.approx((1000 * 245.7 + 30_000 * 36.1) / 3600)
    steps = {step.step: step for step in found.steps}
    assert steps["video"].basis == "table" and steps["pose"].basis == "" and steps["select-candidates"].basis == ""
    expected = found.gpu_hours * 2 + found.core_hours * 0.1 + found.bytes / 1e9 * 0.02
    assert found.cost == pytest.approx(expected)
    assert estimate(build, {}, {}).cost is None, "no price was given"
    assert estimate(build, {}, {}, prices).cost == 0
