"""The phases of a batch: prepared and finished on the CPU while the model works on another batch of the same worker."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tasks.stage import Item, PhasedStage, Row, Stage

PHASES = ("prepare", "compute", "finish")


@dataclass
class Lanes:
    """One lane for each phase: two batches are never in the same phase at once."""

    locks: dict[str, threading.Lock] = field(default_factory=lambda: {phase: threading.Lock() for phase in PHASES})


@dataclass
class PhaseClock:
    """Seconds that one batch spends in each phase, waits for a lane left out."""

    lanes: Lanes
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """The block is this phase of the batch."""
        with self.lanes.locks[name]:
            started = time.perf_counter()
            try:
                yield
            finally:
                self.seconds[name] = time.perf_counter() - started


def in_phases(stage: Stage, items: list[Item], clock: PhaseClock) -> "list[Row] | list[list[Row]]":
    """A stage's answers for a batch. A stage without phases is with its model all the time."""
    if not isinstance(stage, PhasedStage):
        with clock.phase("compute"):
            return stage.infer(items)
    with clock.phase("prepare"):
        prepared = stage.prepare(items)
    with clock.phase("compute"):
        computed = stage.compute(items, prepared)
    with clock.phase("finish"):
        return stage.finish(items, computed)
