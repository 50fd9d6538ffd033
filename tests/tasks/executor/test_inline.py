"""The executor in this process."""

import os
from typing import Any

import pytest

from tasks.errors import ExecutorError
from tasks.executor.inline import InlineExecutor
from tests.tasks.executor.conftest import items_of


def test_it_runs_here_and_closes_its_stage(moody: Any) -> None:
    """Catches a stage that keeps its memory after the step, and a second process."""
    closed = []

    class Closing(moody):  # type: ignore[misc]
        def close(self) -> None:
            closed.append(True)

    with InlineExecutor(Closing) as executor:
        (outcome,) = executor.map(items_of("a"), batch_size=1)
        assert outcome.rows[0]["process"] == os.getpid()
    assert closed == [True]


def test_a_stage_without_work_is_never_set_up(moody: Any) -> None:
    """Catches a model that is loaded for nothing."""

    class Expensive(moody):  # type: ignore[misc]
        def setup(self) -> None:
            raise AssertionError("set up")

    with InlineExecutor(Expensive) as executor:
        assert executor.map([], batch_size=1) == []


def test_a_stage_that_cannot_be_set_up_is_one_line(moody: Any) -> None:
    """Catches missing weights that fail every item instead of stopping the step."""

    class Broken(moody):  # type: ignore[misc]
        def setup(self) -> None:
            raise FileNotFoundError("no weights\nat all")

    with pytest.raises(ExecutorError, match="cannot be set up: FileNotFoundError: no weights at all"):
        InlineExecutor(Broken).map(items_of("a"), batch_size=1)
