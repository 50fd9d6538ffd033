"""What runs inside an actor, without the actor."""

import os
from typing import Any

import pytest
import torch

from tasks.errors import StoreError
from tasks.executor.worker import THREAD_VARIABLES, StageWorker, limit_threads
from tests.tasks.executor.conftest import items_of


@pytest.fixture(autouse=True)
def _threads(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in THREAD_VARIABLES:
        monkeypatch.setenv(name, os.environ.get(name, "2"))


def test_threads_are_limited_where_libraries_are_loaded_already() -> None:
    """Catches two workers of one core each that run four threads."""
    before = torch.get_num_threads()
    try:
        limit_threads(1)
        assert torch.get_num_threads() == 1 and os.environ["OMP_NUM_THREADS"] == "1"
    finally:
        torch.set_num_threads(before)


def test_setup_answers_with_the_error_and_whose_fault_it_is(moody: Any) -> None:
    """Catches an exception that another process cannot read, and a store outage told as the stage's fault."""

    class NoStore(moody):  # type: ignore[misc]
        def setup(self) -> None:
            raise StoreError("gone")

    class NoWeights(moody):  # type: ignore[misc]
        def setup(self) -> None:
            raise OSError("no weights")

    assert StageWorker(NoStore, 1, {}).setup() == ("StoreError: gone", True)
    assert StageWorker(NoWeights, 1, {}).setup() == ("OSError: no weights", False)


def test_the_environment_is_set_before_the_stage_is_made(moody: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches keys of the store that do not reach a worker that was started before they were set."""
    monkeypatch.setenv("AWS_TEST", "old")
    worker = StageWorker(moody, 1, {"AWS_TEST": "new"})
    assert os.environ["AWS_TEST"] == "new"
    assert worker.infer(items_of("a")).infrastructure, "a worker that was not set up must say so"
    assert worker.setup() is None
    assert worker.infer(items_of("a")).rows[0][0]["key"] == "a"
    worker.close()
