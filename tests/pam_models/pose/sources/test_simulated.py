"""The first motion that passes is taken, and the first reason is given."""

import pytest

from pam_models.pose.source import TrajectoryRejected
from pam_models.pose.sources.simulated import first_kept


def made(number: int) -> int:
    if number < 3:
        raise TrajectoryRejected(f"number {number} is too small")
    return number


def test_later_motions_are_tried_when_the_first_fails() -> None:
    """Catches an object that counts as failed because its best-rated motion missed a limit."""
    assert first_kept(iter([1, 2, 4, 5]), made) == 4  # type: ignore[arg-type, comparison-overlap]


def test_the_first_reason_is_given() -> None:
    """Catches the reason of the worst motion in the row."""
    with pytest.raises(TrajectoryRejected, match="number 1"):
        first_kept(iter([1, 2]), made)  # type: ignore[arg-type]
    with pytest.raises(TrajectoryRejected, match="no motion"):
        first_kept(iter(()), made)  # type: ignore[arg-type]
