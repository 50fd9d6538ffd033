"""CPU work beside the model's work."""

import threading
import time
from itertools import pairwise
from typing import Any

from tasks.executor.batches import run_batch
from tasks.executor.phases import Lanes, PhaseClock, in_phases
from tasks.stage import Item, PhasedStage, Row
from tests.tasks.executor.conftest import items_of


class Slow(PhasedStage):
    """Each phase takes 50 ms and notes when."""

    name = "slow"

    def __init__(self) -> None:
        self.spans: list[tuple[str, float, float]] = []

    def setup(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _pass(self, phase: str) -> None:
        started = time.perf_counter()
        time.sleep(0.05)
        self.spans.append((phase, started, time.perf_counter()))

    def prepare(self, items: list[Item]) -> Any:
        self._pass("prepare")
        return [item.key for item in items]

    def compute(self, items: list[Item], prepared: Any) -> Any:
        self._pass("compute")
        return [key.upper() for key in prepared]

    def finish(self, items: list[Item], computed: Any) -> list[Row]:
        self._pass("finish")
        return [{"key": key} for key in computed]


def test_two_batches_overlap_and_no_phase_runs_twice_at_once() -> None:
    """Catches a GPU that waits for a video to be encoded, and a cache that two threads change."""
    stage, lanes = Slow(), Lanes()
    threads = [threading.Thread(target=run_batch, args=(stage, items_of(f"k{n}"), lanes)) for n in range(4)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.perf_counter() - started < 12 * 0.05 * 0.85, "12 phases of 50 ms, three at a time at best"
    for phase in ("prepare", "compute", "finish"):
        spans = sorted(span[1:] for span in stage.spans if span[0] == phase)
        assert len(spans) == 4
        assert all(later[0] >= earlier[1] for earlier, later in pairwise(spans))


def test_phases_give_what_infer_gives() -> None:
    """Catches answers that depend on how a stage is called."""
    stage = Slow()
    clock = PhaseClock(Lanes())
    assert (
        in_phases(stage, items_of("a", "b"), clock) == stage.infer(items_of("a", "b")) == [{"key": "A"}, {"key": "B"}]
    )
    assert set(clock.seconds) == {"prepare", "compute", "finish"} and all(s >= 0.05 for s in clock.seconds.values())


def test_waiting_for_a_lane_is_no_work() -> None:
    """Catches GPU-seconds that are counted twice because two batches were in one worker."""
    stage, lanes = Slow(), Lanes()
    results = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(run_batch(stage, items_of(str(n)), lanes))) for n in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(result.phases["compute"] < 0.09 for result in results)
