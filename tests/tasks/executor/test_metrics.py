"""What Prometheus is told."""

from typing import Any, ClassVar

import pytest

from tasks.executor import metrics
from tasks.executor.batches import BatchResult
from tasks.executor.metrics import PoolMetrics, WorkerMetrics, labels_of
from tasks.usage import Usage


class Series:
    """Remembers what it is told."""

    told: ClassVar[dict[str, list[tuple[float, dict[str, str]]]]] = {}

    def __init__(self, name: str, description: str, tags: tuple[str, ...]) -> None:
        assert description and set(tags) >= {"step", "build"}
        self.name, self.tags = name, {}

    def set_default_tags(self, tags: dict[str, str]) -> None:
        self.tags = tags

    def inc(self, value: float, tags: dict[str, str] | None = None) -> None:
        self.told.setdefault(self.name, []).append((value, {**self.tags, **(tags or {})}))

    set = inc


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(Series, "told", {})
    monkeypatch.setattr(metrics, "Counter", Series)
    monkeypatch.setattr(metrics, "Gauge", Series)
    return Series.told


def test_a_batch_is_counted_by_status_and_phase(told: dict[str, Any]) -> None:
    """Catches failures that no graph shows, and a batch that is counted again for each half of it."""
    worker = WorkerMetrics("video", "b1")
    rows = (({"status": "ok"},), ({"status": "filtered"},), ({},))
    worker.note(BatchResult(rows, phases={"compute": 2.0}, usage=Usage(1, 5), rss_bytes=7), 3)
    worker.note(BatchResult(error_type="ValueError"), 2)
    worker.note(BatchResult(error_type="OutOfMemory", out_of_memory=True), 1)
    where = {"step": "video", "build": "b1"}
    assert told["pam_items_total"] == [
        (2, {**where, "status": "ok"}),
        (1, {**where, "status": "filtered"}),
        (1, {**where, "status": "failed"}),
    ]
    assert told["pam_stage_seconds_total"] == [(2.0, {**where, "phase": "compute"})]
    assert told["pam_out_of_memory_total"] == [(1, where)]
    assert told["pam_gpu_memory_bytes"][0] == (5, where) and told["pam_worker_rss_bytes"][0] == (7, where)


def test_a_pool_tells_its_queue_and_its_losses(told: dict[str, Any]) -> None:
    """Catches a queue that nobody sees grow."""
    pool = PoolMetrics(*labels_of({"step": "pose", "build": "b"}))
    pool.queue(12)
    pool.replaced("died")
    assert told["pam_queue_items"] == [(12, {"step": "pose", "build": "b"})]
    assert told["pam_workers_replaced_total"] == [(1, {"step": "pose", "build": "b", "reason": "died"})]
    assert labels_of(None) == ("", "")
