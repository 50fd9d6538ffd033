"""Items worked off in this process: for tests, for a debugger, and where no Ray is wanted."""

import threading
from collections import deque
from collections.abc import Sequence
from types import TracebackType

from tasks.errors import ExecutorError, InfrastructureError
from tasks.executor.batches import after_result, cut, one_line, run_batch
from tasks.executor.collecting import Collector
from tasks.stage import Item, OnProgress, Outcome, Stage, StageFactory


class InlineExecutor:
    """One warm stage in this process. An item that ends the process ends the build: only Ray's workers survive that."""

    gpus_per_worker = 0.0

    def __init__(self, factory: StageFactory) -> None:
        self._factory = factory
        self._stage: Stage | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> "InlineExecutor":
        """The executor itself; the stage is set up with the first items."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes the stage."""
        self.close()

    def map(self, items: Sequence[Item], *, batch_size: int, on_progress: OnProgress | None = None) -> list[Outcome]:
        """One outcome for each item, in order; see `Executor.map`."""
        if not items:
            return []
        with self._lock:
            stage = self._warm()
            collector = Collector(len(items), on_progress)
            waiting = deque(cut(items, batch_size))
            largest: int | None = None
            while waiting:
                batch = waiting.popleft()
                if largest is not None and len(batch.items) > largest:
                    waiting.extendleft(reversed(batch.halves()))
                    continue
                result = run_batch(stage, batch.items)
                if result.out_of_memory:
                    largest = max(1, len(batch.items) // 2)
                verdict = after_result(batch, result)
                waiting.extendleft(reversed(verdict.again))
                collector.add(verdict.outcomes)
            return collector.ordered()

    def close(self) -> None:
        """Closes the stage."""
        with self._lock:
            if self._stage is not None:
                self._stage.close()
                self._stage = None

    def _warm(self) -> Stage:
        if self._stage is None:
            stage = self._factory()
            try:
                stage.setup()
            except InfrastructureError:
                raise
            except Exception as error:
                raise ExecutorError(
                    f"stage {stage.name} cannot be set up: {type(error).__name__}: {one_line(error)}"
                ) from error
            self._stage = stage
        return self._stage
