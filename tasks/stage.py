"""What a step does with items, and what comes back: the contract between steps and executors."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tasks.usage import Usage

Row = dict[str, Any]


@dataclass(frozen=True)
class Item:
    """One thing a step works on.

    `refs` names the rows it needs, step by step (`{"pose": trajectory_id}`); `inputs` holds those rows when the item
    is run; `fields` holds what the plan knew (an index, a request).
    """

    item_id: str
    parent_id: str
    key: str
    seed: int
    refs: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Row] = field(default_factory=dict)


class Stage(Protocol):
    """Runs inside a worker: `setup` once, `infer` for each micro-batch, `close` at the end.

    `infer` returns one entry for each item, in order: a row, or a list of rows where an item yields several. Rows
    hold the table's own columns; the common ones are filled in, `status` may be set to 'filtered' or 'failed'
    together with `error_type` and `error_message`. Media are put into the store by the stage. An exception fails the
    items of the batch, which are then tried apart.
    """

    name: str

    def setup(self) -> None:
        """Loads what is kept warm. An exception here stops the step: it is nobody's item's fault."""

    def infer(self, items: list[Item]) -> "list[Row] | list[list[Row]]":
        """Rows for these items, in order."""

    def close(self) -> None:
        """Gives back what `setup` took."""


class PhasedStage(ABC):
    """A stage whose CPU work stands beside its model's work: while one batch is in `compute`, the worker's other
    batch is prepared or finished. No phase runs twice at once in a worker, so each may keep things of its own.
    """

    name: str

    @abstractmethod
    def setup(self) -> None:
        """Loads what is kept warm; see `Stage.setup`."""

    @abstractmethod
    def prepare(self, items: list[Item]) -> Any:  # noqa: ANN401  whatever `compute` takes
        """What the model needs: media read, maps encoded. Runs on the CPU."""

    @abstractmethod
    def compute(self, items: list[Item], prepared: Any) -> Any:  # noqa: ANN401  whatever the two others agree on
        """The model's own work."""

    @abstractmethod
    def finish(self, items: list[Item], computed: Any) -> "list[Row] | list[list[Row]]":  # noqa: ANN401
        """Rows for the items, in order, after their media are encoded and put into the store. Runs on the CPU."""

    def infer(self, items: list[Item]) -> "list[Row] | list[list[Row]]":
        """The three phases one after the other; see `Stage.infer`."""
        return self.finish(items, self.compute(items, self.prepare(items)))

    @abstractmethod
    def close(self) -> None:
        """Gives back what `setup` took."""


StageFactory = Callable[[], Stage]


@dataclass(frozen=True)
class Outcome:
    """What became of one item: its rows, or why there are none. `seconds` is its share of the batch's time, `compute_s`
    the part of it in which the model worked, `usage` the peaks of the worker that ran it.
    """

    item: Item
    rows: tuple[Row, ...] = ()
    error_type: str | None = None
    error_message: str | None = None
    attempts: int = 1
    seconds: float = 0.0
    usage: Usage = field(default_factory=Usage)
    compute_s: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether the item gave no rows."""
        return self.error_type is not None


@dataclass(frozen=True)
class Progress:
    """How far a shard is: items finished, of how many, and how many of them failed."""

    done: int
    total: int
    failed: int


OnProgress = Callable[[Progress], None]
