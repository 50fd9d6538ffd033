"""How a build is cut."""

from itertools import pairwise

import pytest

from tasks.config import load_config
from tasks.expected import expected_items
from tasks.layout import MOST_CLIPS, MOST_ITEMS, layout_of
from tasks.steps import steps_of


@pytest.mark.parametrize("clips", ["1", "null"])
@pytest.mark.parametrize("hardware", ["paper", "h200"])
def test_a_hundred_thousand_inputs_are_at_most_two_thousand_tasks(clips: str, hardware: str) -> None:
    """Catches one Prefect task for each few items: its database, its page and its server would not bear it."""
    settings = [f"video.clips_per_trajectory={clips}", f"execution.hardware={hardware}"]
    config = load_config("paper", None, settings)
    layout = layout_of(config, 100_000)
    expected = expected_items(config, 100_000)
    assert sum(layout.expected_task_runs(step, expected[step.name]) for step in steps_of(config)) <= 2000
    assert max(layout.shard_items.values()) <= MOST_ITEMS and layout.shard_items["samples"] <= MOST_CLIPS


def test_small_builds_are_cut_by_time() -> None:
    """Catches shards of an hour, which a crash would cost."""
    config = load_config("paper", None, ["execution.hardware=h200"])
    layout = layout_of(config, 100)
    assert layout.shard_items["video"] == int(600 / 84.4)
    assert layout.shard_items["appearance"] == int(600 / 1.5)
    shorter = layout_of(load_config("paper", None, ["execution.shard_seconds=60", "video.clips_per_trajectory=1"]), 100)
    assert shorter.shard_items["video"] == 1, "an item is never cut"


def test_what_is_configured_goes_first() -> None:
    """Catches a size that a person asked for and did not get."""
    config = load_config("demo", None, ["execution.stages.video.shard_items=3"])
    assert layout_of(config, 50_000).shard_items["video"] == 3


def test_blocks_cover_every_trajectory_once() -> None:
    """Catches trajectories that are in no block or in two, and a block that grows with the build."""
    for count in (1, 7, 200, 100_000, 1_000_000):
        layout = layout_of(load_config("demo"), count)
        spans = [layout.span(block) for block in range(layout.blocks)]
        assert spans[0][0] == 0 and spans[-1][1] == count
        assert all(before[1] == after[0] for before, after in pairwise(spans))
        assert max(last - first for first, last in spans) <= 2000


def test_the_cut_follows_from_the_configuration() -> None:
    """Catches sizes that depend on a clock or a machine: the same build elsewhere would have other parts."""
    config = load_config("paper")
    assert layout_of(config, 5000) == layout_of(config, 5000)


@pytest.mark.timeout(20)
def test_a_limit_that_no_cut_keeps_is_answered_at_once() -> None:
    """Catches a plan that counts up to a million trajectories' shards one by one, for minutes."""
    config = load_config("demo", assignments=("execution.max_task_runs=20",))
    layout, expected = layout_of(config, 1_000_000), expected_items(config, 1_000_000)
    stages = [step for step in steps_of(config) if not step.reduce]
    assert {layout.expected_task_runs(step, expected[step.name]) for step in stages} == {layout.blocks}
