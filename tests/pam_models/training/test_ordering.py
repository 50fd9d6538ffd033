"""Data order: every item once an epoch, replayable, also when the pool grows."""

from pathlib import Path

import pytest

from pam_models.training.ordering import Pool, Turn, indices_at, turns_of


def test_an_epoch_has_every_item_once() -> None:
    """Catches sampling with replacement, and batches that straddle an epoch wrongly."""
    seen = [index for step in range(5) for index in indices_at(step, 4, 10, seed=1)]
    assert sorted(seen[:10]) == list(range(10))
    assert sorted(seen[10:]) == list(range(10))
    assert seen[:10] != seen[10:]


@pytest.mark.parametrize("ranks", [1, 2, 3, 6])
def test_ranks_share_the_data_between_them(ranks: int) -> None:
    """Catches every rank reading everything, and an order that depends on how many ranks there are."""
    batches = {
        turn.number: indices_at(turn.number, 2, 36, 0)
        for rank in range(ranks)
        for step in range(3)
        for turn in turns_of(step, 6, rank, ranks)
    }
    assert sorted(batches) == list(range(18))
    assert sorted(index for batch in batches.values() for index in batch) == list(range(36))


def test_parts_that_cannot_be_dealt_evenly_say_what_to_set() -> None:
    """Catches ranks that make different numbers of batches and then wait for one another for ever."""
    with pytest.raises(ValueError, match="multiple of 2"):
        turns_of(0, 3, 0, 2)


def test_an_empty_pool_says_so() -> None:
    """Catches a division by zero."""
    with pytest.raises(ValueError, match="no training data"):
        indices_at(0, 2, 0, 0)


def test_a_pool_that_grew_replays_what_was(tmp_path: Path) -> None:
    """Catches an order that changes for steps before the growth."""
    path = tmp_path / "pool.json"
    pool = Pool(path)
    pool.extend(0, ["a", "b", "c"])
    before = [pool.batch(Turn(step), 2, 5) for step in range(4)]
    assert Pool(path).extend(4, ["a", "b", "c", "d", "e"]) == 2
    again = Pool(path)
    assert [again.batch(Turn(step), 2, 5) for step in range(4)] == before
    assert {item for step in range(4, 7) for item in again.batch(Turn(step), 2, 5)} == {"a", "b", "c", "d", "e"}


def test_growth_that_an_abandoned_start_declared_for_later_steps_is_dropped(tmp_path: Path) -> None:
    """Catches a run that goes back to an older checkpoint and meets a future pool."""
    pool = Pool(tmp_path / "pool.json")
    pool.extend(0, ["a"])
    pool.extend(50, ["a", "b"])
    pool.extend(20, ["a", "b", "c"])
    assert pool.at(20).items == ("a", "b", "c")
    assert pool.at(60).from_step == 20


def test_items_never_leave(tmp_path: Path) -> None:
    """Catches a pool that shrinks when a file is missing for a moment: the order would change."""
    pool = Pool(tmp_path / "pool.json")
    pool.extend(0, ["a", "b"])
    assert pool.extend(3, ["a"]) == 0
    assert pool.at(5).items == ("a", "b")
