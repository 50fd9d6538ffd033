"""Stopping a run from outside: SIGINT and SIGTERM ask for the present step to be the last."""

from __future__ import annotations

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

log = logging.getLogger(__name__)


@dataclass
class StopRequest:
    """Whether somebody asked to stop."""

    asked: bool = False


@contextmanager
def stopping_on_signals(what: str) -> Iterator[StopRequest]:
    """Inside, the two signals ask for a stop and do nothing else. In another thread than the main one they are left
    alone: whoever owns the process handles them.
    """
    request = StopRequest()

    def stop(_signum: int, _frame: FrameType | None) -> None:
        log.info("%s: told to stop; writing the checkpoint", what)
        request.asked = True

    try:
        before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    except ValueError:
        before = {}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
