"""Which data a turn sees: a pure function of the seed and the turn, so that a resumed run sees what it would have seen.

A pool of data may grow between two starts of a run (clips are still being rendered while the autoencoder trains). The
growth is written down with the step from which it counts, and so the order stays replayable.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Turn:
    """One batch of a run: batch `part` of the `parts` that make step `step`.

    A step's parts are dealt to the ranks, so what a step learns from does not depend on how many ranks there are.
    """

    step: int
    part: int = 0
    parts: int = 1

    @property
    def number(self) -> int:
        """The turn's place among all turns of the run."""
        return self.step * self.parts + self.part


def turns_of(step: int, parts: int, rank: int = 0, size: int = 1) -> list[Turn]:
    """The turns of a step that fall to one of `size` ranks: every `size`-th, from its own rank.

    Raises ValueError when the parts cannot be dealt evenly.
    """
    if parts % size:
        raise ValueError(
            f"batches_per_step {parts} cannot be shared evenly by {size} processes: set it to a multiple of {size}, "
            f"or start as many processes as divide {parts}"
        )
    return [Turn(step, part, parts) for part in range(rank, parts, size)]


def epoch_order(count: int, seed: int, epoch: int) -> np.ndarray:
    """The permutation of `count` items in one epoch."""
    return np.random.default_rng([seed, epoch]).permutation(count)


def indices_at(number: int, batch: int, count: int, seed: int) -> list[int]:
    """Indices of batch `number`; the batches one after the other show every item once per epoch, each epoch shuffled.

    Raises ValueError for an empty pool.
    """
    if count < 1:
        raise ValueError("there is no training data: make scenes and frames first")
    first = number * batch
    order: dict[int, np.ndarray] = {}
    indices = []
    for position in range(first, first + batch):
        epoch, place = divmod(position, count)
        if epoch not in order:
            order[epoch] = epoch_order(count, seed, epoch)
        indices.append(int(order[epoch][place]))
    return indices


@dataclass(frozen=True)
class Segment:
    """From this step on, the pool was these items."""

    from_step: int
    items: tuple[str, ...]


class Pool:
    """The items a run trains on, with the steps at which items were added, kept in a JSON file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._segments: list[Segment] = []
        self._read()

    def extend(self, step: int, available: Sequence[str]) -> int:
        """Take in items that are new at this start; returns how many. Items never leave a pool.

        Segments that an abandoned run declared for later steps are dropped: they never counted.
        """
        self._read()
        self._segments = [segment for segment in self._segments if segment.from_step <= step]
        known = set(self._segments[-1].items) if self._segments else set()
        new = sorted(set(available) - known)
        if new:
            items = (*self._segments[-1].items, *new) if self._segments else tuple(new)
            self._segments = [segment for segment in self._segments if segment.from_step < step]
            self._segments.append(Segment(step, items))
            self._write()
        return len(new)

    def at(self, step: int) -> Segment:
        """The pool that counts at a step. Raises ValueError when there is none."""
        for segment in reversed(self._segments):
            if segment.from_step <= step:
                return segment
        raise ValueError(f"no training data is known at step {step}: make scenes and frames first")

    def batch(self, turn: Turn, batch: int, seed: int) -> list[str]:
        """The items of a turn's batch."""
        segment = self.at(turn.step)
        number = turn.number - segment.from_step * turn.parts
        chosen = indices_at(number, batch, len(segment.items), seed + segment.from_step)
        return [segment.items[index] for index in chosen]

    def _read(self) -> None:
        """The file, and not what this object remembers, counts: another rank may have extended it."""
        if self._path.is_file():
            rows = json.loads(self._path.read_text(encoding="utf-8"))
            self._segments = [Segment(int(row["from_step"]), tuple(row["items"])) for row in rows]

    def _write(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        rows = [{"from_step": segment.from_step, "items": list(segment.items)} for segment in self._segments]
        temporary = self._path.with_suffix(".tmp")
        temporary.write_text(json.dumps(rows), encoding="utf-8")
        os.replace(temporary, self._path)  # noqa: PTH105  (the atomic call is named as such)
