"""A pool of warm Ray actors: two batches in flight for each, dead or worn actors replaced, the guilty item found."""

import logging
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from tasks.config.execution import PricesConfig, StageResources
from tasks.executor.batches import Batch, BatchResult, Verdict, after_death, after_result, cut, one_line
from tasks.executor.collecting import Collector
from tasks.executor.crew import Crew
from tasks.executor.memory import OUT_OF_MEMORY, ran_out_of_memory, says_so
from tasks.executor.metrics import PoolMetrics, labels_of
from tasks.executor.placement import Place, cluster_nodes, places_for
from tasks.executor.pulse import current_pulse
from tasks.executor.slots import Seat, Slot, Slots
from tasks.stage import Item, OnProgress, Outcome, StageFactory

log = logging.getLogger(__name__)

POLL_S = 0.5
GIB = 2**30
DIED = ("WorkerDied", "the worker process died while this item was running in it")
STARVED = (OUT_OF_MEMORY, "the worker was ended because its machine ran out of memory while this item was in it")


def _infer(handle: Any, items: Sequence[Item]) -> Any:  # noqa: ANN401  an actor's handle, a reference
    return handle.infer.remote(items)


class RayActorPool:
    """Actors that set their stage up once and take batches from any number of threads. Use it as a context manager.

    A batch that runs out of memory is halved, and no later one of the pool is larger than its halves. Batch sizes never
    change ids; whether they change the last bits of a picture is the model's affair.
    """

    def __init__(
        self,
        factory: StageFactory,
        resources: StageResources,
        *,
        item_attempts: int = 2,
        item_timeout_s: float | None = None,
        places: Sequence[Place] | None = None,
        labels: Mapping[str, str] | None = None,
        prices: PricesConfig = PricesConfig(),  # noqa: B008  it is frozen
    ) -> None:
        self._resources = resources
        self._item_attempts = item_attempts
        self._item_timeout_s = item_timeout_s
        self._pulse = current_pulse()
        self._pulse.settle()
        places = list(places_for(resources, cluster_nodes()) if places is None else places)
        self.gpus_per_worker = places[0].gpus
        if len(places) < resources.actors:
            log.info("room for %d of %d workers", len(places), resources.actors)
        self._crew = Crew(factory, labels or {}, self._pulse)
        self._metrics = _metrics_of(labels, places, prices) if labels else None
        self._largest_batch: int | None = None
        self._unfinished = 0
        self._broken: Exception | None = None
        self._lock = threading.Lock()
        try:
            handles = self._crew.set_up(places)
        except BaseException:
            self._crew.close()
            raise
        self._slots = Slots([Slot(handle, place) for handle, place in zip(handles, places, strict=True)])

    def __enter__(self) -> "RayActorPool":
        """The pool itself: it was set up when it was made."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the workers."""
        self.close()

    def map(self, items: Sequence[Item], *, batch_size: int, on_progress: OnProgress | None = None) -> list[Outcome]:
        """One outcome for each item, in order; see `Executor.map`."""
        collector = Collector(len(items), on_progress)
        waiting = deque(cut(items, batch_size))
        flying: dict[Any, tuple[Batch, Seat]] = {}
        self._count(len(items))
        try:
            while waiting or flying:
                self._submit(waiting, flying)
                finished, _ = ray.wait(list(flying), num_returns=1, timeout=POLL_S) if flying else ([], [])
                if not finished:
                    self._pulse.require()
                for reference in finished or self._hanging(flying):
                    batch, seat = flying.pop(reference)
                    verdict = self._verdict(batch, seat, reference, hanging=not finished)
                    waiting.extendleft(reversed(verdict.again))
                    collector.add(verdict.outcomes)
                    self._tell(verdict)
        finally:
            self._slots.forget_reservations()
            for reference, (_, seat) in flying.items():
                self._slots.give_back(seat, reference)
            self._count(-collector.missing)
        return collector.ordered()

    def close(self) -> None:
        """Closes the stages and ends the actors."""
        self._crew.close()
        if self._metrics is not None:
            self._metrics.closed()

    def _submit(self, waiting: deque[Batch], flying: dict[Any, tuple[Batch, Seat]]) -> None:
        while waiting:
            if self._broken is not None:
                raise self._broken
            if self._largest_batch is not None and len(waiting[0].items) > self._largest_batch:
                waiting.extendleft(reversed(waiting.popleft().halves()))
                continue
            batch = waiting[0]
            submit = partial(_infer, items=batch.items)
            taken = self._slots.take(submit, alone=batch.suspect, wait_s=0.0 if flying else POLL_S)
            if taken is None:
                return
            waiting.popleft()
            flying[taken[0]] = (batch, taken[1])

    def _verdict(self, batch: Batch, seat: Seat, reference: Any, *, hanging: bool) -> Verdict:  # noqa: ANN401  a Ray reference
        if hanging:
            self._replace(seat, "hung")
            message = f"gave no answer within {self._item_timeout_s:g} s"
            # a batch that hangs was certainly the one that ran: no second try alone is owed to its only item
            return after_death(batch, 1 if batch.suspect else 0, "ItemTimeout", message)
        try:
            result: BatchResult = ray.get(reference)
        except RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else error
            result = BatchResult(error_type=type(cause).__name__, error_message=one_line(cause))
        except RayError as error:
            return self._after_loss(batch, seat, error)
        self._slots.give_back(seat, reference)
        if result.out_of_memory:
            self._halve(batch)
        self._recycle(seat, len(batch.items), result.rss_bytes)
        return after_result(batch, result)

    def _after_loss(self, batch: Batch, seat: Seat, error: RayError) -> Verdict:
        starved = ran_out_of_memory(error) or says_so(str(error))
        if not isinstance(error, RayActorError):
            log.warning("a worker was lost (%s)", type(error).__name__)
        self._replace(seat, "out of memory" if starved else "died")
        if starved:
            self._halve(batch)
        return after_death(batch, self._item_attempts, *(STARVED if starved else DIED))

    def _hanging(self, flying: dict[Any, tuple[Batch, Seat]]) -> list[Any]:
        if self._item_timeout_s is None:
            return []
        late = [
            reference
            for reference, (batch, seat) in flying.items()
            if self._slots.running_s(seat, reference) > self._item_timeout_s * len(batch.items)
        ]
        return late[:1]

    def _halve(self, batch: Batch) -> None:
        """No later batch is larger than half of one that ran out of memory."""
        with self._lock:
            half = max(1, len(batch.items) // 2)
            self._largest_batch = min(half, self._largest_batch or half)
        log.warning("memory ran out with %d items; batches of %d from now on", len(batch.items), self._largest_batch)

    def _recycle(self, seat: Seat, items: int, rss_bytes: int) -> None:
        """Replaces a worker that has served its time, once its last batch is done."""
        most, gib = self._resources.max_items, self._resources.max_rss_gib
        worn = self._slots.served(seat, items)
        if (most is not None and worn >= most) or (gib is not None and rss_bytes > gib * GIB):
            self._slots.retire(seat)
        if self._slots.begin_replacement(seat, only_retired=True):
            self._renew(seat, "recycled")

    def _replace(self, seat: Seat, reason: str) -> None:
        if self._slots.begin_replacement(seat):
            log.warning("a worker is replaced: it %s", reason)
            self._renew(seat, reason)

    def _renew(self, seat: Seat, reason: str) -> None:
        """Ends an actor and sets up another in its place, while the others go on working."""
        self._crew.end(seat.handle)
        if self._metrics is not None:
            self._metrics.replaced(reason)
        threading.Thread(target=self._fill, args=(seat.slot, seat.slot.place), daemon=True).start()

    def _fill(self, slot: Slot, place: Place) -> None:
        try:
            (handle,) = self._crew.set_up([place])
        except Exception as error:  # noqa: BLE001  it is raised in the threads that wait for workers
            self._broken = error
        else:
            self._slots.end_replacement(slot, handle)

    def _tell(self, verdict: Verdict) -> None:
        self._count(-len(verdict.outcomes))
        if self._metrics is not None:
            with self._lock:
                self._metrics.finished(outcome for _, outcome in verdict.outcomes)

    def _count(self, items: int) -> None:
        if self._metrics is not None and items:
            with self._lock:
                self._unfinished += items
                self._metrics.queue(self._unfinished)


def _metrics_of(labels: Mapping[str, str], places: Sequence[Place], prices: PricesConfig) -> PoolMetrics:
    gpus, cpus = sum(place.gpus for place in places), sum(place.cpus for place in places)
    hourly = gpus * prices.gpu_hour + cpus * prices.cpu_hour
    return PoolMetrics(*labels_of(labels), workers=len(places), gpus=gpus, hourly=hourly)
