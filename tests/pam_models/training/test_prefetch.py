"""Batches made ahead."""

from pam_models.training.ordering import Turn, turns_of
from pam_models.training.prefetch import Prefetcher


def test_batches_come_in_order_a_list_for_each_step() -> None:
    """Catches batches that overtake one another, and the turns of other ranks."""
    made: list[int] = []

    def batch(turn: Turn) -> dict[str, int]:
        made.append(turn.number)
        return {"number": turn.number}

    with Prefetcher(batch, lambda step: turns_of(step, 4, 1, 2), 2, 5) as steps:
        found = [[one["number"] for one in batches] for batches in steps]
    assert found == [[9, 11], [13, 15], [17, 19]] and made == [9, 11, 13, 15, 17, 19]


def test_leaving_early_makes_no_more_batches() -> None:
    """Catches a stop that waits for all the data of the run."""
    made: list[int] = []

    def batch(turn: Turn) -> dict[str, int]:
        made.append(turn.number)
        return {}

    with Prefetcher(batch, lambda step: turns_of(step, 1), 0, 10_000, ahead=2) as steps:
        next(steps)
    assert len(made) <= 4
