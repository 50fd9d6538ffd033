"""What Prometheus is told."""

from typing import Any, ClassVar

import pytest

from tasks.executor import metrics
from tasks.executor.batches import BatchResult
from tasks.executor.metrics import PoolMetrics, WorkerMetrics, labels_of
from tasks.stage import Outcome
from tasks.usage import Usage
from tests.tasks.executor.conftest import items_of


class Series:
    """Remembers what it is told."""

    told: ClassVar[dict[str, list[tuple[float, dict[str, str]]]]] = {}

    def __init__(self, name: str, description: str, *more: Any) -> None:
        assert description and set(more[-1]) >= {"step", "build"}
        self.name, self.tags = name, {}

    def set_default_tags(self, tags: dict[str, str]) -> None:
        self.tags = tags

    def inc(self, value: float, tags: dict[str, str] | None = None) -> None:
        self.told.setdefault(self.name, []).append((value, {**self.tags, **(tags or {})}))

    set = observe = inc


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(Series, "told", {})
    for kind in ("Counter", "Gauge", "Histogram"):
        monkeypatch.setattr(metrics, kind, Series)
    return Series.told


def test_a_worker_tells_its_time_and_memory(told: dict[str, Any]) -> None:
    """Catches a phase that no graph shows, and memory told of another step."""
    worker = WorkerMetrics("video", "b1")
    worker.note(BatchResult(phases={"compute": 2.0}, usage=Usage(1, 5), rss_bytes=7))
    worker.note(BatchResult(error_type="OutOfMemory", out_of_memory=True))
    where = {"step": "video", "build": "b1"}
    assert told["pam_stage_seconds_total"] == [(2.0, {**where, "phase": "compute"})]
    assert told["pam_out_of_memory_total"] == [(1, where)]
    assert told["pam_gpu_memory_bytes"][0] == (5, where) and told["pam_worker_rss_bytes"][0] == (7, where)


def test_items_are_counted_by_status_and_failures_by_their_kind(told: dict[str, Any]) -> None:
    """Catches an item whose worker died and that no graph shows, and a failure that a row alone tells."""
    pool = PoolMetrics(*labels_of({"step": "pose", "build": "b"}))
    first, second, third, died = items_of("a", "b", "c", "d")
    row = {"status": "failed", "error_type": "NoContact"}
    pool.finished(
        [
            Outcome(first, ({"status": "ok"},), seconds=1.5),
            Outcome(second, ({},)),
            Outcome(third, (row,)),
            Outcome(died, (), "WorkerDied", "it died"),
        ]
    )
    where = {"step": "pose", "build": "b"}
    assert told["pam_items_total"] == [(2, {**where, "status": "ok"}), (2, {**where, "status": "failed"})]
    assert told["pam_failures_total"] == [
        (1, {**where, "error_type": "NoContact"}),
        (1, {**where, "error_type": "WorkerDied"}),
    ]
    assert told["pam_item_seconds"][0] == (1.5, where)


def test_a_pool_tells_its_queue_its_losses_and_its_cost(told: dict[str, Any]) -> None:
    """Catches a queue that nobody sees grow, and a cost that misses the time between two items."""
    times = iter([100.0, 1900.0, 3700.0])
    pool = PoolMetrics("pose", "b", workers=3, gpus=2.0, hourly=10.0, clock=lambda: next(times))
    pool.queue(12)
    pool.replaced("died")
    pool.closed()
    where = {"step": "pose", "build": "b"}
    assert told["pam_queue_items"] == [(12, where), (0, where)]
    assert told["pam_workers"] == [(3, where), (0, where)]
    assert told["pam_workers_replaced_total"] == [(1, {**where, "reason": "died"})]
    assert told["pam_reserved_gpu_seconds_total"] == [(3600.0, where), (3600.0, where)]
    assert told["pam_cost_total"] == [(5.0, where), (5.0, where)]
    assert labels_of(None) == ("", "")
