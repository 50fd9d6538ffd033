"""Work for which nobody waits, done one piece after the other in a thread of its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context

Work = Callable[[], object]


class Behind:
    """Does the newest work of each name; what is overtaken while something slow is done is never begun.

    Work sees the context (Prefect's run) in which this was made, and must deal with its own errors.
    """

    def __init__(self, name: str) -> None:
        self._context = copy_context()
        self._newest: dict[str, Work] = {}
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    def do(self, name: str, work: Work) -> None:
        """Have work done soon, in the place of what waits under this name."""
        with self._lock:
            waits = name in self._newest
            self._newest[name] = work
        if not waits:
            self._thread.submit(self._context.run, self._do, name)

    def settle(self, within_s: float) -> bool:
        """Wait until all is done, at most so long; whether it is."""
        return not wait([self._thread.submit(lambda: None)], within_s).not_done

    def close(self, within_s: float) -> None:
        """Wait as `settle` does, and drop what has not begun by then."""
        self.settle(within_s)
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _do(self, name: str) -> None:
        with self._lock:
            work = self._newest.pop(name)
        work()
