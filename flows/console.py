"""The command's voice: where it prints, and how it says that something is wrong."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

import typer
from rich.console import Console

from tasks.errors import PamError, TooManyFailuresError
from tasks.redaction import redacted

WRONG_USE = 2
FAILED = 1
INTERRUPTED = 130
STOP_WITHIN_S = 10.0

RESUME = "Stopped. What was committed stays; run the same command to resume."


def out() -> Console:
    """Where results go. Made anew each time, because tests and pipes exchange the stream."""
    return Console()


def complain(message: str) -> None:
    """One red line on standard error."""
    line = redacted(" ".join(message.split()))
    Console(stderr=True).print(f"error: {line}", style="red", markup=False, highlight=False, soft_wrap=True)


@contextmanager
def speaking_plainly() -> Iterator[None]:
    """Turns errors that a person can act on into one line and an exit code; other errors keep their traceback."""
    try:
        yield
    except TooManyFailuresError as error:
        complain(str(error))
        raise typer.Exit(FAILED) from None
    except PamError as error:
        complain(str(error))
        raise typer.Exit(WRONG_USE) from None
    except KeyboardInterrupt:
        out().print(RESUME)
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def stopping_soon() -> Iterator[None]:
    """On Ctrl-C the block has ten seconds to end its shards; then, or on a second Ctrl-C, the process just leaves.

    Leaving is safe at any moment: parts are committed whole or not at all, and workers end with this process.
    """

    def leave() -> NoReturn:
        out().print(RESUME)
        os._exit(INTERRUPTED)

    timer = threading.Timer(STOP_WITHIN_S, leave)
    timer.daemon = True

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        signal.signal(signal.SIGINT, lambda number, frame: leave())
        out().print("Stopping; press Ctrl-C again to leave at once.")
        timer.start()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)
