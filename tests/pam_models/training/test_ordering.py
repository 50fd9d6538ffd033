"""Data order: every item once an epoch, replayable, also when the pool grows."""

from pathlib import Path

import pytest

from pam_models.training.ordering import Pool, indices_at


def test_an_epoch_has_every_item_once() -> None:
    """Catches sampling with replacement, and batches that straddle an epoch wrongly."""
    seen = [index for step in range(5) for index in indices_at(step, 4, 10, seed=1)]
    assert sorted(seen[:10]) == list(range(10))
    assert sorted(seen[10:]) == list(range(10))
    assert seen[:10] != seen[10:]


def test_two_ranks_share_the_data_between_them() -> None:
    """Catches every rank reading everything."""
    ranks = [
        [index for step in range(3) for index in indices_at(step, 2, 12, 0, rank=rank, world=2)] for rank in (0, 1)
    ]
    assert not set(ranks[0]) & set(ranks[1])
    assert sorted(ranks[0] + ranks[1]) == list(range(12))


def test_an_empty_pool_says_so() -> None:
    """Catches a division by zero."""
    with pytest.raises(ValueError, match="no training data"):
        indices_at(0, 2, 0, 0)


def test_a_pool_that_grew_replays_what_was(tmp_path: Path) -> None:
    """Catches an order that changes for steps before the growth."""
    path = tmp_path / "pool.json"
    pool = Pool(path)
    pool.extend(0, ["a", "b", "c"])
    before = [pool.batch(step, 2, 5) for step in range(4)]
    assert Pool(path).extend(4, ["a", "b", "c", "d", "e"]) == 2
    again = Pool(path)
    assert [again.batch(step, 2, 5) for step in range(4)] == before
    assert {item for step in range(4, 7) for item in again.batch(step, 2, 5)} == {"a", "b", "c", "d", "e"}


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
