"""Work behind a build's back."""

import threading
import time
from contextvars import ContextVar

from flows.behind import Behind

PLACE: ContextVar[str] = ContextVar("PLACE", default="nowhere")


def test_nobody_waits_and_only_the_newest_counts() -> None:
    """Catches a build that stands still while Prefect's server is gone, and a queue that grows meanwhile."""
    behind, slow, done = Behind("test"), threading.Event(), []
    behind.do("bar", slow.wait)
    started = time.monotonic()
    for number in range(100):
        behind.do("bar", lambda number=number: done.append(number))
    assert time.monotonic() - started < 5 and not done
    assert not behind.settle(0.05)
    slow.set()
    assert behind.settle(10)
    assert done[-1] == 99 and len(done) <= 2


def test_it_sees_the_run_that_it_was_made_in() -> None:
    """Catches bars on nobody's page."""
    token = PLACE.set("the run")
    behind, seen = Behind("test"), []
    PLACE.reset(token)
    behind.do("bar", lambda: seen.append(PLACE.get()))
    behind.close(10)
    assert seen == ["the run"]


def test_what_has_not_begun_by_the_end_is_dropped() -> None:
    """Catches a command that ends a minute late because of a bar."""
    behind, slow, done = Behind("test"), threading.Event(), []
    behind.do("first", slow.wait)
    behind.do("second", lambda: done.append(2))
    behind.close(0.05)
    slow.set()
    time.sleep(0.1)
    assert done == []
