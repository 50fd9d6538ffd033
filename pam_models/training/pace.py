"""Progress lines with the speed since the last line and the time that is left."""

from __future__ import annotations

import logging
import time

log = logging.getLogger(__name__)


class Pace:
    """The progress of one start of a run, from its first step to its last."""

    def __init__(self, name: str, first: int, last: int, every_s: float) -> None:
        self._name = name
        self._last = last
        self._every_s = every_s
        self._then = time.monotonic()
        self._then_step = first

    def report(self, step: int, loss: float) -> bool:
        """Log a line where one is due; returns whether it was."""
        now = time.monotonic()
        if now - self._then < self._every_s:
            return False
        speed = (step - self._then_step) / (now - self._then)
        minutes = (self._last - step) / speed / 60
        log.info(
            "%s step %d/%d loss %.4f %.2f steps/s, %.1f min left", self._name, step, self._last, loss, speed, minutes
        )
        self._then, self._then_step = now, step
        return True
