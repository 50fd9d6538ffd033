"""Single pictures in the order in which a run learns them: every picture of every block once an epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pam_models.training.ordering import Pool, Turn

_SEPARATOR = ":"


class PicturePool:
    """A `Pool` of pictures; a picture is named by its block and its place there."""

    def __init__(self, path: Path) -> None:
        self._pool = Pool(path)

    def extend(self, step: int, blocks: Mapping[str, Sequence[int]]) -> int:
        """Take in the pictures, by block, that are new at this start; returns how many."""
        return self._pool.extend(step, [f"{name}{_SEPARATOR}{place:05d}" for name in blocks for place in blocks[name]])

    def batch(self, turn: Turn, batch: int, seed: int) -> list[tuple[str, int]]:
        """Block and place of each picture of a turn's batch. Raises ValueError where there are none."""
        named = (item.rsplit(_SEPARATOR, 1) for item in self._pool.batch(turn, batch, seed))
        return [(name, int(place)) for name, place in named]
