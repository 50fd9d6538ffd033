"""Outcomes in any order."""

from tasks.executor.collecting import Collector
from tasks.stage import Outcome, Progress
from tests.tasks.executor.conftest import items_of


def test_outcomes_are_put_in_order_and_counted() -> None:
    """Catches rows of one item under another's id, and failures that a bar does not show."""
    seen: list[Progress] = []
    items = items_of("a", "b", "c")
    collector = Collector(3, seen.append)
    collector.add([(2, Outcome(items[2], error_type="E"))])
    collector.add([])
    collector.add([(0, Outcome(items[0], ({"status": "failed"},))), (1, Outcome(items[1], ({},)))])
    assert [outcome.item for outcome in collector.ordered()] == items
    assert seen == [Progress(1, 3, 1), Progress(3, 3, 2)]
