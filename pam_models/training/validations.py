"""The held-out figures of a run over its steps, as a CSV file of (step, figure, value)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

COLUMNS = ("step", "figure", "value")


class ValidationLog:
    """`validations.csv` in a run directory; long form, since figures may come and go between starts."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, step: int, figures: Mapping[str, float]) -> None:
        """Add the figures of one validation; those of the same step are replaced."""
        self._write([row for row in self.rows() if row[0] != step] + [(step, name, figures[name]) for name in figures])

    def forget_from(self, step: int) -> None:
        """Drop what was measured after a step: it is measured again."""
        if self.path.is_file():
            self._write([row for row in self.rows() if row[0] <= step])

    def rows(self) -> list[tuple[int, str, float]]:
        """All (step, figure, value), in the order in which they were measured."""
        if not self.path.is_file():
            return []
        with self.path.open(encoding="utf-8") as file:
            return [(int(row["step"]), row["figure"], float(row["value"])) for row in csv.DictReader(file)]

    def _write(self, rows: list[tuple[int, str, float]]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(rows)
        temporary.replace(self.path)
