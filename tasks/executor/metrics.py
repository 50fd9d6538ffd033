"""What workers and pools tell Prometheus, through Ray's own exporter on each node. The one place where it is told.

Every series carries `step` and `build`. Counters end in `_total`, as Prometheus wants; units stand in names.
"""

from collections import Counter as Count
from collections.abc import Mapping

from ray.util.metrics import Counter, Gauge

from tasks.executor.batches import BatchResult

TAGS = ("step", "build")


class WorkerMetrics:
    """The series of one worker process."""

    def __init__(self, step: str, build: str) -> None:
        self._items = _counter("pam_items_total", "Items finished, by status of their first row", "status")
        self._seconds = _counter("pam_stage_seconds_total", "Seconds that a worker spent, by phase", "phase")
        self._memory = _counter("pam_out_of_memory_total", "Batches that ran out of memory and were halved")
        self._gpu = Gauge("pam_gpu_memory_bytes", "Peak GPU memory of a worker", TAGS)
        self._rss = Gauge("pam_worker_rss_bytes", "Main memory of a worker", TAGS)
        for series in (self._items, self._seconds, self._memory, self._gpu, self._rss):
            series.set_default_tags({"step": step, "build": build})

    def note(self, result: BatchResult, items: int) -> None:
        """Takes in how a batch ended."""
        for phase, seconds in result.phases.items():
            self._seconds.inc(seconds, {"phase": phase})
        if result.out_of_memory:
            self._memory.inc(1)
        statuses = Count(str(rows[0].get("status", "ok")) if rows else "ok" for rows in result.rows)
        if result.error_type is not None and items == 1:
            statuses = Count({"failed": 1})
        for status, number in statuses.items():
            self._items.inc(number, {"status": status})
        self._gpu.set(result.usage.gpu_bytes)
        self._rss.set(result.rss_bytes)


class PoolMetrics:
    """The series of one pool, told by the driver."""

    def __init__(self, step: str, build: str) -> None:
        self._queue = Gauge("pam_queue_items", "Items that wait for a worker or are in one", TAGS)
        self._replaced = _counter("pam_workers_replaced_total", "Workers that were replaced, by reason", "reason")
        for series in (self._queue, self._replaced):
            series.set_default_tags({"step": step, "build": build})

    def queue(self, items: int) -> None:
        """Takes in how many items are unfinished."""
        self._queue.set(items)

    def replaced(self, reason: str) -> None:
        """Takes note of a worker that died, hung, or was recycled."""
        self._replaced.inc(1, {"reason": reason})


def _counter(name: str, description: str, *more: str) -> Counter:
    return Counter(name, description, (*TAGS, *more))


def labels_of(labels: Mapping[str, str] | None) -> tuple[str, str]:
    """Step and build out of what a pool was told of itself."""
    return (labels or {}).get("step", ""), (labels or {}).get("build", "")
