"""What runs inside a Ray actor: one warm stage, with as many threads as the actor has cores."""

import os
import sys
from collections.abc import Mapping, Sequence

from tasks.errors import InfrastructureError
from tasks.executor.batches import BatchResult, one_line, run_batch
from tasks.executor.metrics import WorkerMetrics, labels_of
from tasks.executor.phases import Lanes
from tasks.stage import Item, Stage, StageFactory

THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
# numba is left alone: its kernels here start no threads, and once told a number it refuses to compile under another.
LOADED_SETTERS = (("cv2", "setNumThreads"), ("torch", "set_num_threads"))


def limit_threads(cpus: int) -> None:
    """Keeps the libraries that start threads of their own to `cpus` threads each, whether loaded already or later."""
    for variable in THREAD_VARIABLES:
        os.environ[variable] = str(cpus)
    for module, setter in LOADED_SETTERS:
        loaded = sys.modules.get(module)
        if loaded is not None and hasattr(loaded, setter):
            getattr(loaded, setter)(cpus)


class StageWorker:
    """A stage in a process of its own. Made a Ray actor by the pool; every answer is plain values.

    Two threads call `infer`: while one batch is with the model, the other is prepared or finished on the CPU.
    `labels` name the step and the build in what is told to Prometheus.
    """

    def __init__(
        self,
        factory: StageFactory,
        cpus: int,
        environment: Mapping[str, str],
        labels: Mapping[str, str] | None = None,
    ) -> None:
        os.environ.update(environment)
        limit_threads(cpus)
        self._factory = factory
        self._labels = labels or {}
        self._lanes = Lanes()
        self._metrics: WorkerMetrics | None = None
        self._cpus = cpus
        self._stage: Stage | None = None

    def setup(self) -> tuple[str, bool] | None:
        """Sets the stage up; the error in one line and whether it is the infrastructure's, or None when all is well."""
        try:
            stage = self._factory()
            stage.setup()
        except Exception as error:  # noqa: BLE001  it becomes one line on the other side
            return f"{type(error).__name__}: {one_line(error)}", isinstance(error, InfrastructureError)
        limit_threads(self._cpus)
        self._stage = stage
        self._metrics = WorkerMetrics(*labels_of(self._labels)) if self._labels else None
        return None

    def infer(self, items: Sequence[Item]) -> BatchResult:
        """Runs one batch."""
        if self._stage is None:
            return BatchResult(
                error_type="ExecutorError", error_message="the worker was not set up", infrastructure=True
            )
        result = run_batch(self._stage, items, self._lanes)
        if self._metrics is not None:
            self._metrics.note(result)
        return result

    def close(self) -> None:
        """Closes the stage."""
        if self._stage is not None:
            self._stage.close()
            self._stage = None
