"""Micro-batches, how one is run, and how a batch that failed is taken apart until the guilty item stands alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tasks.errors import InfrastructureError
from tasks.executor.memory import OUT_OF_MEMORY, free_memory, ran_out_of_memory
from tasks.executor.phases import Lanes, PhaseClock, in_phases
from tasks.redaction import redacted
from tasks.stage import Item, Outcome, Row, Stage
from tasks.usage import Usage, rss_now, usage_so_far

MESSAGE_LIMIT = 500


@dataclass(frozen=True)
class Batch:
    """Some items that go to a stage together. `positions` are their places in the caller's list.

    `suspect` batches died together with a worker: they run on a worker of their own, so that a death has one culprit.
    """

    items: tuple[Item, ...]
    positions: tuple[int, ...]
    deaths: int = 0
    suspect: bool = False

    def halves(self, *, suspect: bool = False) -> "tuple[Batch, Batch]":
        """The batch cut in two."""
        middle = len(self.items) // 2
        return (
            Batch(self.items[:middle], self.positions[:middle], suspect=suspect),
            Batch(self.items[middle:], self.positions[middle:], suspect=suspect),
        )


@dataclass(frozen=True)
class BatchResult:
    """What a stage made of a batch: rows for each item, or the error. Plain values, so that every process can read
    it.
    """

    rows: tuple[tuple[Row, ...], ...] = ()
    error_type: str | None = None
    error_message: str | None = None
    infrastructure: bool = False
    out_of_memory: bool = False
    phases: Mapping[str, float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    rss_bytes: int = 0

    @property
    def seconds(self) -> float:
        """Seconds that the worker spent on the batch, waits between its phases left out."""
        return sum(self.phases.values())


@dataclass(frozen=True)
class Verdict:
    """What follows from a batch's end: outcomes by place, and batches to run again."""

    outcomes: tuple[tuple[int, Outcome], ...] = ()
    again: tuple[Batch, ...] = ()


def cut(items: Sequence[Item], batch_size: int) -> list[Batch]:
    """Items in order as batches of at most `batch_size`."""
    return [
        Batch(tuple(items[start : start + batch_size]), tuple(range(start, min(start + batch_size, len(items)))))
        for start in range(0, len(items), batch_size)
    ]


def one_line(error: BaseException) -> str:
    """An exception's message as one line of bounded length, without secrets."""
    text = redacted(" ".join(str(error).split())) or type(error).__name__
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"


def run_batch(stage: Stage, items: Sequence[Item], lanes: Lanes | None = None) -> BatchResult:
    """Runs a batch and turns whatever happens into plain values. `lanes` keep phases of several batches apart."""
    clock = PhaseClock(lanes or Lanes())
    try:
        answers = in_phases(stage, list(items), clock)
        if len(answers) != len(items):
            raise ValueError(f"stage {stage.name} gave {len(answers)} answers for {len(items)} items")
        rows = tuple(tuple(answer) if isinstance(answer, list) else (answer,) for answer in answers)
    except Exception as error:  # noqa: BLE001  whatever a model raises is the item's outcome
        memory = ran_out_of_memory(error)
        result = BatchResult(
            error_type=OUT_OF_MEMORY if memory else type(error).__name__,
            error_message=one_line(error),
            infrastructure=isinstance(error, InfrastructureError),
            out_of_memory=memory,
            phases=clock.seconds,
            usage=usage_so_far(),
            rss_bytes=rss_now(),
        )
    else:
        return BatchResult(rows=rows, phases=clock.seconds, usage=usage_so_far(), rss_bytes=rss_now())
    if memory:
        free_memory()
    return result


def after_result(batch: Batch, result: BatchResult) -> Verdict:
    """Outcomes of a batch that came back; one that raised is halved, or failed where it holds a single item. An item
    that ran out of memory beside another batch is owed a try alone.

    Raises InfrastructureError when the stage said that not the items are at fault.
    """
    if result.infrastructure:
        raise InfrastructureError(result.error_message)
    share = result.seconds / len(batch.items)
    computed = result.phases.get("compute", 0.0) / len(batch.items)
    if result.error_type is None:
        return Verdict(
            tuple(
                (position, Outcome(item, rows, None, None, batch.deaths + 1, share, result.usage, computed))
                for position, item, rows in zip(batch.positions, batch.items, result.rows, strict=True)
            )
        )
    if len(batch.items) > 1:
        return Verdict(again=batch.halves(suspect=batch.suspect))
    if result.out_of_memory and not batch.suspect:
        return Verdict(again=(replace(batch, suspect=True),))
    why = (result.error_type, result.error_message)
    failed = Outcome(batch.items[0], (), *why, batch.deaths + 1, share, result.usage, computed)
    return Verdict(((batch.positions[0], failed),))


def after_death(batch: Batch, attempts: int, error_type: str, message: str) -> Verdict:
    """What follows when a batch's worker died: halves, another try alone, or a failed item after `attempts` deaths.

    Only a death of a suspect batch counts against its item: before that, a neighbour on the same worker may have been
    the cause.
    """
    if len(batch.items) > 1:
        return Verdict(again=batch.halves(suspect=True))
    deaths = batch.deaths + (1 if batch.suspect else 0)
    if deaths < attempts:
        return Verdict(again=(Batch(batch.items, batch.positions, deaths, suspect=True),))
    return Verdict(((batch.positions[0], Outcome(batch.items[0], (), error_type, message, deaths)),))
