"""How busy simulated GPUs were: out of the spans that simulated workers noted."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Span:
    """One span of one GPU on this machine's monotonic clock: a model being loaded ('load') or at work ('busy')."""

    what: str
    step: str
    gpu: str
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Business:
    """How busy GPUs were, in seconds of this machine's clock.

    `start_s` is when the last worker of the first round began to load its model: from then on every process was there.
    """

    gpus: int
    start_s: float
    end_s: float
    busy_s: float

    @property
    def wall_s(self) -> float:
        """Seconds from the start to the end of the last work."""
        return self.end_s - self.start_s

    @property
    def share(self) -> float:
        """Share of the GPUs' time in which a model was at work; loading counts as idle."""
        return self.busy_s / (self.gpus * self.wall_s) if self.wall_s > 0 else 0.0


def spans_in(folder: Path) -> Iterator[Span]:
    """Every span that workers noted in a folder."""
    for file in sorted(folder.glob("*.txt")):
        for line in file.read_text(encoding="ascii").splitlines():
            what, step, gpu, start, end = line.split()
            yield Span(what, step, gpu, float(start), float(end))


def business_of(spans: list[Span], gpus: int) -> Business | None:
    """How busy so many GPUs were; None where no model worked.

    Only work after the start counts: starting processes is real time, which a simulation does not speed up.
    """
    busy = [span for span in spans if span.what == "busy"]
    if not busy:
        return None
    first_work = min(span.start_s for span in busy)
    loads = [span.start_s for span in spans if span.what == "load"]
    start = max((load for load in loads if load <= first_work), default=first_work)
    worked = sum(max(0.0, span.end_s - max(span.start_s, start)) for span in busy)
    return Business(gpus, start, max(span.end_s for span in busy), worked)
