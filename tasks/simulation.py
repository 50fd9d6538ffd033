"""Stages that only wait: as long as the real ones take, on a clock that runs faster. Everything around them is real.

A simulated GPU is a lock that workers on one machine share, so two models on one GPU take turns as they would there.
Rows hold what the next step needs and nothing else; media are a few bytes each.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tasks.config.execution import SimulationConfig
from tasks.config.model import GenerateConfig
from tasks.costs import StageCost, table_cost
from tasks.ids import sha256_hex
from tasks.stage import Item, PhasedStage, Row
from tasks.store import Store
from tasks.tables.registry import TABLES

EXTENSION = "bin"
PARTS_PER_MILLION = 1_000_000
# One joint in front of a camera of focal length 1: the labels of a simulated frame re-project exactly.
LABELS: Row = {"K": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], "xyz": [0.5] * 63, "uv": [1.0] * 42}


class SimulatedFailure(Exception):  # noqa: N818  it stands in a row as the reason
    """An item that was chosen to fail."""


@dataclass(frozen=True)
class SimulatedItem:
    """What an item of a step costs, in seconds of the real thing, and how many frames a clip has."""

    cost: StageCost
    frames: int


def simulated_item(config: GenerateConfig, step: str) -> SimulatedItem:
    """What an item of a step is in a simulation, by the table of costs."""
    return SimulatedItem(table_cost(config, step), config.frames)


class SimulatedStage(PhasedStage):
    """Waits for the load once, for the GPU and the CPU with each batch."""

    def __init__(self, step: str, store: Store, simulation: SimulationConfig, item: SimulatedItem) -> None:
        self.name = step
        self._store = store
        self._simulation = simulation
        self._cost, self._frames = item.cost, item.frames
        self._rows = item.frames if TABLES[step].rows == "many" else 1

    def setup(self) -> None:
        """Waits as long as the model takes to load."""
        self._gpu = (os.environ.get("CUDA_VISIBLE_DEVICES") or "0").split(",")[0]
        with self._noted("load"):
            self._wait(self._cost.load_s)

    def prepare(self, items: list[Item]) -> None:
        """Waits for half of the CPU work; ends the process where an item was chosen for that."""
        if any(self._chosen(item, self._simulation.crashes, "crash") for item in items):
            os._exit(1)
        self._wait(self._cost.cpu_s / 2 * len(items))

    def compute(self, items: list[Item], prepared: None) -> None:
        """Waits for the model, with the GPU to itself. Raises SimulatedFailure for a batch with a chosen item."""
        del prepared
        failing = next((item for item in items if self._chosen(item, self._simulation.fails, "fail")), None)
        if failing is not None:
            raise SimulatedFailure(f"{self.name} was chosen to fail here")
        if self._cost.gpu_s:
            with self._alone(), self._noted("busy"):
                self._wait(self._cost.gpu_s * len(items))

    def finish(self, items: list[Item], computed: None) -> list[list[Row]]:
        """Waits for the CPU work after the model, writes the media, and gives the rows."""
        del computed
        self._wait(self._cost.cpu_s / 2 * len(items))
        return [[self._row(item, number) for number in range(self._rows)] for item in items]

    def close(self) -> None:
        """Nothing to give back."""

    def _wait(self, seconds: float) -> None:
        if seconds:
            time.sleep(seconds / self._simulation.speed)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The simulated GPU that Ray gave this worker, held alone."""
        machine = sha256_hex(self._store.uri)[:12]
        with (Path(tempfile.gettempdir()) / f"pam-simulated-{machine}-gpu-{self._gpu}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _noted(self, what: str) -> Iterator[None]:
        """Notes the span of the block, where somebody asked for a trace; a GPU without work has none."""
        started = time.monotonic()
        yield
        if self._simulation.trace is not None and self._cost.gpu_s:
            line = f"{what} {self.name} {self._gpu} {started:.6f} {time.monotonic():.6f}\n"
            with (self._simulation.trace / f"{os.getpid()}.txt").open("a", encoding="ascii") as trace:
                trace.write(line)

    def _chosen(self, item: Item, share: float, what: str) -> bool:
        draw = int(sha256_hex(f"{what}/{item.seed}")[:12], 16) % PARTS_PER_MILLION
        return draw < share * PARTS_PER_MILLION

    def _row(self, item: Item, number: int) -> Row:
        columns = {column.name for column in TABLES[self.name].columns}
        trajectory = item.refs.get("pose", item.parent_id)
        clip = item.inputs.get("video", {})
        known: Row = {
            "request_key": item.key,
            "trajectory_id": trajectory,
            "target_id": item.parent_id,
            "candidate_id": clip.get("candidate_id", item.parent_id),
            "clip_id": item.parent_id,
            "index": item.fields.get("index"),
            "frame": number,
            "num_frames": self._frames,
            "mpjpe_mm": float(item.seed % 10_000) / 100,
            "detected": True,
            "license_tags": ["simulated"],
            **LABELS,
        }
        row = {name: value for name, value in known.items() if name in columns}
        for what in TABLES[self.name].media:
            row |= self._store.put_media(self._medium(item, what), EXTENSION).columns(what)
        return row

    def _medium(self, item: Item, what: str) -> bytes:
        text = f"{what} of {item.item_id}: simulated\n".encode()
        return (text * (self._simulation.media_bytes // len(text) + 1))[: max(len(text), self._simulation.media_bytes)]
