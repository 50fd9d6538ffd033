"""What a table came to: a cell for each row and column, and what became of each claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pam_models.metrics.contrast import Contrast
from tasks.evaluation.writing import ARROWS

Better = Literal["lower", "higher", "none"]


@dataclass(frozen=True)
class ColumnName:
    """A column: what definitions call it, what stands over it, its unit, and which way is better."""

    key: str
    title: str
    unit: str
    better: Better
    protocol: str = ""


@dataclass(frozen=True)
class Cell:
    """A measured number with its interval over `n` clips, or the reason why there is none; and the paper's."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    n: int = 0
    reason: str = ""
    paper: float | None = None


@dataclass(frozen=True)
class RowOutcome:
    """A row: its cells by column, where its build is, and what to know."""

    name: str
    cells: Mapping[str, Cell]
    build_id: str = ""
    note: str = ""


@dataclass(frozen=True)
class ClaimOutcome:
    """A claim in one metric: its contrast of qualities (in the metric's unit), or the reason why it was not tested."""

    says: str
    metric: str
    contrast: Contrast | None = None
    reason: str = ""

    @property
    def verdict(self) -> str:
        """What became of it, in words."""
        return self.contrast.verdict if self.contrast is not None else "not tested"


@dataclass(frozen=True)
class TableOutcome:
    """A table, measured at a scale."""

    name: str
    title: str
    source: str
    scale: str
    columns: tuple[ColumnName, ...]
    rows: tuple[RowOutcome, ...]
    claims: tuple[ClaimOutcome, ...] = ()
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


def absent_row(name: str, columns: tuple[ColumnName, ...], paper: Mapping[str, float], reason: str) -> RowOutcome:
    """A row that could not be computed."""
    return RowOutcome(name, {c.key: Cell(reason=reason, paper=paper.get(c.key)) for c in columns})


def titled(column: ColumnName) -> str:
    """A column's title with its unit and which way is better."""
    unit = "" if column.unit in ("1", "") else f" ({column.unit})"
    return f"{column.title}{unit} {ARROWS[column.better]}".strip()
