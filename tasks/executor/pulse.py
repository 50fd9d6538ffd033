"""Whether the Ray that this process works with is still there: its head, and the raylet of this machine.

Without its raylet a driver gets no worker any more, and Ray leaves it waiting; without the head it ends the process
after a minute. So whoever waits for Ray looks here now and then: both must take a connection.
"""

import socket
import threading
import time
from functools import lru_cache
from typing import Any

import ray

from tasks.errors import ClusterGoneError

LOOK_EVERY_S = 1.0
CONNECT_S = 2.0
# A head on another machine may be restarted, and Ray bridges that for a minute; a server of this machine is not.
PATIENCE_HERE_S = 5.0
PATIENCE_ELSEWHERE_S = 45.0

Address = tuple[str, int]


class Pulse:
    """Looks at the servers of one Ray, at most once a second however many threads ask."""

    def __init__(self, servers: dict[str, Address], host: str) -> None:
        self._servers = servers
        self._host = host
        self._silent_since_s: dict[str, float] = {}
        self._looked_s = -LOOK_EVERY_S
        self._gone: str | None = None
        self._lock = threading.Lock()

    @property
    def gone(self) -> bool:
        """Whether it was found to be gone."""
        return self._gone is not None

    def require(self) -> None:
        """Raises ClusterGoneError once a server has taken no connection for its patience; else returns at once."""
        if self._gone is None and self._lock.acquire(blocking=False):
            try:
                if time.monotonic() - self._looked_s >= LOOK_EVERY_S:
                    self._look()
            finally:
                self._lock.release()
        if self._gone is not None:
            raise ClusterGoneError(self._gone)

    def answered(self, reference: Any, within_s: float) -> bool:  # noqa: ANN401  a Ray reference
        """Whether a reference is ready within some seconds. Raises ClusterGoneError when its answer will never come."""
        deadline_s = time.monotonic() + within_s
        while not ray.wait([reference], timeout=LOOK_EVERY_S)[0]:
            self.require()
            if time.monotonic() > deadline_s:
                return False
        return True

    def settle(self) -> None:
        """Looks now, and blocks while a server is silent: for calls that would wait for it. Raises ClusterGoneError."""
        while True:
            with self._lock:
                if self._gone is None:
                    self._look()
                silent = bool(self._silent_since_s)
            self.require()
            if not silent:
                return
            time.sleep(LOOK_EVERY_S)

    def _look(self) -> None:
        self._looked_s = time.monotonic()
        for name, address in self._servers.items():
            if _takes_connections(address):
                self._silent_since_s.pop(name, None)
                continue
            silent_s = time.monotonic() - self._silent_since_s.setdefault(name, time.monotonic())
            if silent_s >= (PATIENCE_HERE_S if address[0] == self._host else PATIENCE_ELSEWHERE_S):
                self._gone = f"Ray is gone: {name} at {address[0]}:{address[1]} takes no connection; run it again"


def current_pulse() -> Pulse:
    """That of the Ray that this process is connected to."""
    context = ray.get_runtime_context()
    return _pulse_of(context.gcs_address, context.get_node_id())


@lru_cache(maxsize=1)
def _pulse_of(head: str, node_id: str) -> Pulse:
    node = next(node for node in ray.nodes() if node["NodeID"] == node_id)  # type: ignore[no-untyped-call]
    here = str(node["NodeManagerAddress"])
    host, _, port = head.rpartition(":")
    servers = {"its head": (host.strip("[]"), int(port)), "this machine's raylet": (here, node["NodeManagerPort"])}
    return Pulse(servers, here)


def _takes_connections(address: Address) -> bool:
    try:
        socket.create_connection(address, CONNECT_S).close()
    except OSError:
        return False
    return True
