"""The losses of a run as a CSV file: one line a step, also after a start that was killed between checkpoints."""

from __future__ import annotations

import csv
import math
from pathlib import Path

_MEMORY = 0.98


class LossLog:
    """`losses.csv` in a run directory, and the running mean of about the last fifty losses."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.mean = math.nan

    def append(self, row: dict[str, float], *, write: bool = True) -> None:
        """Take in the losses of a step, `step` and `loss` among them; only one rank writes the line."""
        loss = row["loss"]
        self.mean = loss if math.isnan(self.mean) else _MEMORY * self.mean + (1.0 - _MEMORY) * loss
        if not write:
            return
        new = not self.path.is_file()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(row))
            if new:
                writer.writeheader()
            writer.writerow(row)

    def forget_from(self, step: int) -> None:
        """Drop the lines of steps that come after the checkpoint: they are trained again."""
        if not self.path.is_file():
            return
        header, *rows = self.path.read_text(encoding="utf-8").splitlines()
        kept = [row for row in rows if (number := row.split(",", 1)[0]).isdigit() and int(number) < step]
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text("\n".join([header, *kept]) + "\n", encoding="utf-8")
        temporary.replace(self.path)
