"""The contract between steps and executors."""

import dataclasses

import pytest

from tasks.stage import Item, Outcome


def test_items_cannot_be_changed_by_a_stage() -> None:
    """Catches a stage that writes into an item that another attempt will see."""
    item = Item("a", "", "k", 1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        item.seed = 2  # type: ignore[misc]


def test_an_outcome_failed_when_it_says_why() -> None:
    """Catches an empty outcome that passes for a success."""
    item = Item("a", "", "k", 1)
    assert Outcome(item, error_type="ValueError").failed
    assert not Outcome(item, ({"x": 1},)).failed
