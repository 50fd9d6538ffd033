"""A pool of warm Ray actors: two batches in flight for each, dead actors replaced, the guilty item found."""

import logging
import os
from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from types import TracebackType
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from tasks.config.execution import StageResources
from tasks.errors import ExecutorError, StoreError
from tasks.executor.batches import Batch, BatchResult, Verdict, after_death, after_result, cut, one_line
from tasks.executor.collecting import Collector
from tasks.executor.slots import Seat, Slot, Slots
from tasks.executor.worker import StageWorker
from tasks.stage import Item, OnProgress, Outcome, StageFactory

log = logging.getLogger(__name__)

POLL_S = 0.5
SETUP_ATTEMPTS = 3
PATIENCE_S = 60.0
CLOSE_S = 5.0
DIED = ("WorkerDied", "the worker process died while this item was running in it")
PASSED_ON = ("AWS_",)


def cluster_resources() -> dict[str, float]:
    """CPU cores and GPUs (and more) of the Ray that this process is connected to."""
    return dict(ray.cluster_resources())  # type: ignore[no-untyped-call]


def fitting_actors(resources: StageResources, available: Mapping[str, float], step: str = "<step>") -> int:
    """How many of the wanted actors the cluster can hold.

    Raises ExecutorError when it cannot hold one: nothing falls back to fewer GPUs than were asked for.
    """
    key = f"execution.stages.{step}"
    gpus, cpus = available.get("GPU", 0.0), available.get("CPU", 0.0)
    if resources.gpus > gpus:
        raise ExecutorError(
            f"{key}.gpus: a worker asks for {resources.gpus:g}, there are {gpus:g}; set it to 0 or run where GPUs are"
        )
    if resources.cpus > cpus:
        raise ExecutorError(
            f"{key}.cpus: a worker asks for {resources.cpus} cores, there are {cpus:g}; set it to {int(cpus)} or less"
        )
    fitting = int(cpus // resources.cpus)
    if resources.gpus > 1:
        fitting = min(fitting, int(gpus // resources.gpus))
    elif resources.gpus > 0:
        # Ray places fractions whole: two workers of 0.6 do not share a GPU, nor does one take a bit of two.
        fitting = min(fitting, int(gpus) * int(1 / resources.gpus + 1e-9))
    return max(1, min(resources.actors, fitting))


def _infer(handle: Any, items: Sequence[Item]) -> Any:  # noqa: ANN401  an actor's handle, a reference
    return handle.infer.remote(items)


class RayActorPool:
    """Actors that set their stage up once and take batches from any number of threads. Use it as a context manager."""

    def __init__(
        self,
        factory: StageFactory,
        resources: StageResources,
        *,
        item_attempts: int = 2,
        item_timeout_s: float | None = None,
    ) -> None:
        self._factory = factory
        self._resources = resources
        self._item_attempts = item_attempts
        self._item_timeout_s = item_timeout_s
        self._environment = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
        actors = fitting_actors(resources, cluster_resources())
        if actors < resources.actors:
            log.info("room for %d of %d workers", actors, resources.actors)
        handles = [self._start() for _ in range(actors)]
        try:
            self._slots = Slots([Slot(handle) for handle in self._set_up(handles)])
        except BaseException:
            for handle in handles:
                ray.kill(handle)
            raise

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
        try:
            while waiting or flying:
                self._submit(waiting, flying)
                finished, _ = ray.wait(list(flying), num_returns=1, timeout=POLL_S) if flying else ([], [])
                for reference in finished or self._hanging(flying):
                    batch, seat = flying.pop(reference)
                    verdict = self._verdict(batch, seat, reference, hanging=not finished)
                    waiting.extendleft(reversed(verdict.again))
                    collector.add(verdict.outcomes)
        finally:
            self._slots.forget_reservations()
            for reference, (_, seat) in flying.items():
                self._slots.give_back(seat, reference)
        return collector.ordered()

    def close(self) -> None:
        """Closes the stages and ends the actors."""
        if not ray.is_initialized():
            return
        handles = [slot.handle for slot in self._slots.all]
        ray.wait([handle.close.remote() for handle in handles], num_returns=len(handles), timeout=CLOSE_S)
        for handle in handles:
            ray.kill(handle)

    def _submit(self, waiting: deque[Batch], flying: dict[Any, tuple[Batch, Seat]]) -> None:
        while waiting:
            batch = waiting[0]
            submit = partial(_infer, items=batch.items)
            taken = self._slots.take(submit, alone=batch.suspect, wait_s=0.0 if flying else POLL_S)
            if taken is None:
                return
            waiting.popleft()
            flying[taken[0]] = (batch, taken[1])

    def _verdict(self, batch: Batch, seat: Seat, reference: Any, *, hanging: bool) -> Verdict:  # noqa: ANN401  a Ray reference
        if hanging:
            self._replace(seat)
            message = f"gave no answer within {self._item_timeout_s:g} s"
            # a batch that hangs was certainly the one that ran: no second try alone is owed to its only item
            return after_death(batch, 1 if batch.suspect else 0, "ItemTimeout", message)
        try:
            result: BatchResult = ray.get(reference)
        except RayActorError:
            self._replace(seat)
            return after_death(batch, self._item_attempts, *DIED)
        except RayTaskError as error:
            cause = error.cause if isinstance(error.cause, Exception) else error
            result = BatchResult(error_type=type(cause).__name__, error_message=one_line(cause))
        except RayError as error:
            log.warning("a worker was lost (%s)", type(error).__name__)
            self._replace(seat)
            return after_death(batch, self._item_attempts, *DIED)
        self._slots.give_back(seat, reference)
        return after_result(batch, result)

    def _hanging(self, flying: dict[Any, tuple[Batch, Seat]]) -> list[Any]:
        if self._item_timeout_s is None:
            return []
        late = [
            reference
            for reference, (batch, seat) in flying.items()
            if self._slots.running_s(seat, reference) > self._item_timeout_s * len(batch.items)
        ]
        return late[:1]

    def _replace(self, seat: Seat) -> None:
        if not self._slots.begin_replacement(seat):
            return
        log.warning("a worker died or hung and is replaced")
        ray.kill(seat.handle)
        (handle,) = self._set_up([self._start()])
        self._slots.end_replacement(seat.slot, handle)

    def _start(self) -> Any:  # noqa: ANN401  a Ray actor's handle
        actor = ray.remote(StageWorker).options(
            num_cpus=self._resources.cpus, num_gpus=self._resources.gpus, max_restarts=0
        )
        return actor.remote(self._factory, self._resources.cpus, self._environment)

    def _set_up(self, handles: list[Any]) -> list[Any]:
        """The same number of actors, each set up; one that dies on the way is started again a few times."""
        ready = []
        pending = [(handle, handle.setup.remote(), 1) for handle in handles]
        while pending:
            handle, reference, attempt = pending.pop(0)
            while not ray.wait([reference], timeout=PATIENCE_S)[0]:
                log.warning("a worker waits for room on the cluster, or takes long to be set up")
            try:
                answer: tuple[str, bool] | None = ray.get(reference)
            except RayActorError as error:
                if attempt == SETUP_ATTEMPTS:
                    raise ExecutorError(
                        f"a worker died {SETUP_ATTEMPTS} times while it was set up; is there memory enough for it?"
                    ) from error
                again = self._start()
                pending.append((again, again.setup.remote(), attempt + 1))
                continue
            except RayTaskError as error:
                raise ExecutorError(f"a worker cannot be started: {one_line(error.cause or error)}") from error
            if answer is not None:
                message, infrastructure = answer
                raise StoreError(message) if infrastructure else ExecutorError(f"a stage cannot be set up: {message}")
            ready.append(handle)
        return ready
