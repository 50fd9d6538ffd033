"""What workers and pools tell Prometheus, through Ray's own exporter on each node. The one place where it is told.

Every series carries `step` and `build`; Prometheus sees the names with `ray_` in front. Counters end in `_total`, as
Prometheus wants; units stand in names. Memory and time within a worker are told by the worker. What became of items is
told by the pool in the driver, as only it knows of items whose worker died.
"""

import time
from collections import Counter as Count
from collections.abc import Callable, Iterable, Mapping

from ray.util.metrics import Counter, Gauge, Histogram

from tasks.executor.batches import BatchResult
from tasks.stage import Outcome

TAGS = ("step", "build")
ITEM_SECONDS = [0.01, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0]
HOUR_S = 3600.0


class WorkerMetrics:
    """The series of one worker process."""

    def __init__(self, step: str, build: str) -> None:
        self._seconds = _counter("pam_stage_seconds_total", "Seconds that a worker spent, by phase", "phase")
        self._memory = _counter("pam_out_of_memory_total", "Batches that ran out of memory and were halved")
        self._gpu = Gauge("pam_gpu_memory_bytes", "Peak GPU memory of a worker", TAGS)
        self._rss = Gauge("pam_worker_rss_bytes", "Main memory of a worker", TAGS)
        for series in (self._seconds, self._memory, self._gpu, self._rss):
            series.set_default_tags({"step": step, "build": build})

    def note(self, result: BatchResult) -> None:
        """Takes in how a batch ended."""
        for phase, seconds in result.phases.items():
            self._seconds.inc(seconds, {"phase": phase})
        if result.out_of_memory:
            self._memory.inc(1)
        self._gpu.set(result.usage.gpu_bytes)
        self._rss.set(result.rss_bytes)


class PoolMetrics:
    """The series of one pool of `workers`, which hold `gpus` GPUs and cost `hourly` an hour together."""

    def __init__(
        self,
        step: str,
        build: str,
        *,
        workers: int = 0,
        gpus: float = 0.0,
        hourly: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock, self._told_s = clock, clock()
        self._gpus, self._hourly, self._size = gpus, hourly, workers
        self._items = _counter("pam_items_total", "Items finished, by status of their first row", "status")
        self._failures = _counter("pam_failures_total", "Items that failed, by the kind of error", "error_type")
        self._item_seconds = Histogram("pam_item_seconds", "Seconds of a worker for one item", ITEM_SECONDS, TAGS)
        self._queue = Gauge("pam_queue_items", "Items that wait for a worker or are in one", TAGS)
        self._workers = Gauge("pam_workers", "Workers of the pool", TAGS)
        self._replaced = _counter("pam_workers_replaced_total", "Workers that were replaced, by reason", "reason")
        self._gpu_seconds = _counter("pam_reserved_gpu_seconds_total", "GPU-seconds held by the pool, busy or not")
        self._cost = _counter("pam_cost_total", "What the pool's GPUs and cores cost so far, in execution.prices")
        for series in (
            self._items, self._failures, self._item_seconds, self._queue, self._workers, self._replaced,
            self._gpu_seconds, self._cost,
        ):  # fmt: skip
            series.set_default_tags({"step": step, "build": build})

    def finished(self, outcomes: Iterable[Outcome]) -> None:
        """Takes in what became of items."""
        statuses: Count[str] = Count()
        for outcome in outcomes:
            first = outcome.rows[0] if outcome.rows else {}
            status = "failed" if outcome.failed else str(first.get("status", "ok"))
            statuses[status] += 1
            self._item_seconds.observe(outcome.seconds)
            if status == "failed":
                self._failures.inc(1, {"error_type": str(outcome.error_type or first.get("error_type") or "unknown")})
        for status, number in statuses.items():
            self._items.inc(number, {"status": status})

    def queue(self, items: int) -> None:
        """Takes in how many items are unfinished, and what the pool cost since it last told something."""
        # Ray's exporter forgets a gauge that is not told again.
        self._queue.set(items)
        self._workers.set(self._size)
        now_s = self._clock()
        passed_s, self._told_s = now_s - self._told_s, now_s
        self._add(self._gpu_seconds, self._gpus * passed_s)
        self._add(self._cost, self._hourly * passed_s / HOUR_S)

    def replaced(self, reason: str) -> None:
        """Takes note of a worker that died, hung, or was recycled."""
        self._replaced.inc(1, {"reason": reason})

    def closed(self) -> None:
        """Takes note that the pool's workers are gone."""
        self._size = 0
        self.queue(0)

    @staticmethod
    def _add(series: Counter, value: float) -> None:
        # Ray refuses to count nothing
        if value > 0:
            series.inc(value)


def _counter(name: str, description: str, *more: str) -> Counter:
    return Counter(name, description, (*TAGS, *more))


def labels_of(labels: Mapping[str, str] | None) -> tuple[str, str]:
    """Step and build out of what a pool was told of itself."""
    return (labels or {}).get("step", ""), (labels or {}).get("build", "")
