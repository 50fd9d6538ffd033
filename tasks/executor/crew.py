"""The actors of a pool: started at their places, set up, and ended."""

import logging
import os
import threading
from collections.abc import Mapping
from typing import Any

import ray
from ray.exceptions import RayActorError, RayTaskError

from tasks.errors import ExecutorError, StoreError
from tasks.executor.batches import one_line
from tasks.executor.placement import Place, actor_options
from tasks.executor.pulse import Pulse
from tasks.executor.slots import IN_FLIGHT
from tasks.executor.worker import StageWorker
from tasks.stage import StageFactory

log = logging.getLogger(__name__)

SETUP_ATTEMPTS = 3
PATIENCE_S = 60.0
CLOSE_S = 5.0
PASSED_ON = ("AWS_",)


class Crew:
    """Starts workers of one stage and remembers each, so that none outlives the pool."""

    def __init__(self, factory: StageFactory, labels: Mapping[str, str], pulse: Pulse) -> None:
        self._pulse = pulse
        self._factory = factory
        self._labels = dict(labels)
        self._environment = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
        self._alive: list[Any] = []
        self._lock = threading.Lock()
        self._closed = False

    def start(self, place: Place) -> Any:  # noqa: ANN401  a Ray actor's handle
        """An actor at a place, not set up yet."""
        actor = ray.remote(StageWorker).options(max_concurrency=IN_FLIGHT, **actor_options(place))
        with self._lock:
            if self._closed:
                raise ExecutorError("the pool of workers is closed")
            handle = actor.remote(self._factory, place.cpus, self._environment, self._labels)
            self._alive.append(handle)
        return handle

    def end(self, handle: Any) -> None:  # noqa: ANN401  a Ray actor's handle
        """Ends an actor at once."""
        with self._lock:
            self._alive = [other for other in self._alive if other is not handle]
        if ray.is_initialized():
            ray.kill(handle)

    def close(self) -> None:
        """Lets every stage give back what it took, for a few seconds, and ends every actor."""
        with self._lock:
            self._closed, handles = True, self._alive
        if not ray.is_initialized():
            return
        if not self._pulse.gone:
            ray.wait([handle.close.remote() for handle in handles], num_returns=len(handles), timeout=CLOSE_S)
        for handle in handles:
            ray.kill(handle)

    def set_up(self, places: list[Place]) -> list[Any]:
        """One actor at each place, set up; one that dies on the way is started again a few times.

        Raises ExecutorError when a stage cannot be set up or Ray is gone, StoreError when the store was the reason.
        """
        ready: list[Any] = [None] * len(places)
        handles = [(number, self.start(place)) for number, place in enumerate(places)]
        pending = [(number, handle, handle.setup.remote(), 1) for number, handle in handles]
        while pending:
            number, handle, reference, attempt = pending.pop(0)
            self._wait_for(reference)
            if self._answered(reference, attempt):
                ready[number] = handle
                continue
            again = self.start(places[number])
            pending.append((number, again, again.setup.remote(), attempt + 1))
        return ready

    def _wait_for(self, reference: Any) -> None:  # noqa: ANN401  a Ray reference
        while not self._pulse.answered(reference, PATIENCE_S):
            log.warning("a worker waits for room on the cluster, or takes long to be set up")

    def _answered(self, reference: Any, attempt: int) -> bool:  # noqa: ANN401  a Ray reference
        """True when the stage is set up, False when its process died and may be tried again."""
        try:
            answer: tuple[str, bool] | None = ray.get(reference)
        except RayActorError as error:
            self._pulse.settle()
            if attempt == SETUP_ATTEMPTS:
                raise ExecutorError(
                    f"a worker died {SETUP_ATTEMPTS} times while it was set up; is there memory enough for it?"
                ) from error
            return False
        except RayTaskError as error:
            raise ExecutorError(f"a worker cannot be started: {one_line(error.cause or error)}") from error
        if answer is None:
            return True
        message, infrastructure = answer
        raise StoreError(message) if infrastructure else ExecutorError(f"a stage cannot be set up: {message}")
