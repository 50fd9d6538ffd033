"""What a driver tells of finished shards."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tasks import measures

Told = list[tuple[str, float, dict[str, str]]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """Everything that counters were told, with Ray said to be there."""
    found: Told = []

    class Series:
        def __init__(self, name: str, description: str, tags: tuple[str, ...]) -> None:
            assert description and tags == ("step", "build")
            self.name = name

        def inc(self, value: float, tags: dict[str, str]) -> None:
            found.append((self.name, value, tags))

    monkeypatch.setattr(measures, "Counter", Series)
    monkeypatch.setattr(measures.ray, "is_initialized", lambda: True)
    measures._counter.cache_clear()
    yield found
    measures._counter.cache_clear()


def test_a_missing_hand_does_not_spoil_the_mean_of_what_is_kept(told: Told) -> None:
    """Catches NaN in a sum, after which a graph stays empty for good."""
    measures.tell_kept("b", "select-clips", np.array([10.0, np.nan, 20.0]))
    measures.tell_kept("b", "select-clips", np.array([np.nan]))
    measures.tell_written("b", "pose", 7)
    where = {"step": "select-clips", "build": "b"}
    assert told == [
        ("pam_kept_items_total", 2, where),
        ("pam_kept_mpjpe_mm_total", 30.0, where),
        ("pam_written_bytes_total", 7, {"step": "pose", "build": "b"}),
    ]


def test_without_ray_nothing_is_told(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches series that are made in a process which nobody scrapes."""
    without: Any = lambda: False  # noqa: E731
    monkeypatch.setattr(measures.ray, "is_initialized", without)
    measures.tell_written("b", "pose", 7)
    measures.tell_kept("b", "select-clips", np.array([10.0]))
    assert told == []
