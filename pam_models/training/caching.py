"""What a run computes once for its models and keeps: item after item, as long as there is time, each file whole."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np

log = logging.getLogger(__name__)

Item = TypeVar("Item")


def in_time(todo: Sequence[Item], minutes: float | None, what: str) -> Iterator[Item]:
    """The items in order until so many minutes are over, None for all; says now and then how far it is."""
    began = said = time.monotonic()
    for done, item in enumerate(todo):
        now = time.monotonic()
        if minutes is not None and now - began > 60 * minutes:
            return
        if now - said > 10 and done:
            said = now
            log.info("%s %d/%d, %.1f min left", what, done, len(todo), (now - began) / done * (len(todo) - done) / 60)
        yield item


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write an npz file that is whole or not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]
    temporary.replace(path)
