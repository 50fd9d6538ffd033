"""How batches are cut, run and taken apart."""

from typing import Any

import pytest

from tasks.errors import InfrastructureError
from tasks.executor.batches import MESSAGE_LIMIT, Batch, after_death, after_result, cut, one_line, run_batch
from tests.tasks.executor.conftest import items_of

ITEMS = items_of("a", "b", "c", "d", "e")


def test_cut_covers_every_item_once_in_order() -> None:
    """Catches a last batch that is lost or too long."""
    batches = cut(ITEMS, 2)
    assert [len(batch.items) for batch in batches] == [2, 2, 1]
    assert [position for batch in batches for position in batch.positions] == [0, 1, 2, 3, 4]
    assert [item for batch in batches for item in batch.items] == ITEMS
    assert cut([], 3) == []


def test_a_batch_that_raised_is_halved_and_a_single_item_failed(moody: Any) -> None:
    """Catches a failed batch that takes its good items along."""
    stage = moody()
    stage.setup()
    (batch,) = cut(items_of("ok", "raise"), 2)
    verdict = after_result(batch, run_batch(stage, batch.items))
    assert verdict.outcomes == () and [part.items for part in verdict.again] == [batch.items[:1], batch.items[1:]]
    bad = verdict.again[1]
    ((position, outcome),) = after_result(bad, run_batch(stage, bad.items)).outcomes
    assert position == 1 and (outcome.error_type, outcome.error_message) == ("ValueError", "bad raise")


def test_the_stores_fault_is_not_the_items(moody: Any) -> None:
    """Catches a store outage that turns good items into failed rows."""
    stage = moody()
    stage.setup()
    (batch,) = cut(items_of("store"), 1)
    with pytest.raises(InfrastructureError, match="the store is gone"):
        after_result(batch, run_batch(stage, batch.items))


def test_too_few_answers_are_an_error(moody: Any) -> None:
    """Catches answers that would be given to the wrong items."""
    stage = moody()
    stage.setup()
    result = run_batch(stage, items_of("short"))
    assert result.error_type == "ValueError" and "0 answers for 1 items" in (result.error_message or "")


def test_only_a_death_alone_counts_against_an_item() -> None:
    """Catches an innocent item that fails because its neighbour on the worker died."""
    single = Batch((ITEMS[0],), (0,))
    (again,) = after_death(single, 2, "WorkerDied", "died").again
    assert again.suspect and again.deaths == 0
    (once,) = after_death(again, 2, "WorkerDied", "died").again
    assert once.deaths == 1
    ((_, outcome),) = after_death(once, 2, "WorkerDied", "died").outcomes
    assert outcome.error_type == "WorkerDied" and outcome.attempts == 2


def test_halves_of_a_dead_batch_are_suspect() -> None:
    """Catches halves that share a worker again, so that nobody can say who killed it."""
    verdict = after_death(Batch(tuple(ITEMS), (0, 1, 2, 3, 4)), 2, "WorkerDied", "died")
    assert [len(part.items) for part in verdict.again] == [2, 3] and all(part.suspect for part in verdict.again)


def test_messages_are_one_bounded_line() -> None:
    """Catches a megabyte of traceback in a table, and an empty reason."""
    assert one_line(ValueError("a\n  b\tc")) == "a b c"
    assert one_line(ValueError()) == "ValueError"
    assert len(one_line(ValueError("x" * 10_000))) == MESSAGE_LIMIT
