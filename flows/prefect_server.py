"""The Prefect server that a command reports to: the configured one, or one of its own for as long as it runs.

Prefect starts a server by itself where none is configured, as an ordinary child: it shares the terminal's Ctrl-C with
the build, so that the build's end is never recorded, and it outlives a build that was killed. The one here keeps to
itself and ends with its parent, whatever ends that. Its database is Prefect's own: ``prefect server start`` shows the
runs later.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogHandler
from prefect.settings import PREFECT_API_URL, temporary_settings

from tasks.errors import ConfigError, PamError

START_WITHIN_S = 180.0
PR_SET_PDEATHSIG = 1


class EmbeddedServer:
    """A Prefect server on a free loopback port, in a process of its own."""

    def __init__(self) -> None:
        self.ready = False
        self.url = f"http://127.0.0.1:{_free_port()}/api"
        self._output = tempfile.TemporaryFile(mode="w+b")  # noqa: SIM115  open as long as the server
        self._process = subprocess.Popen(  # noqa: S603  our own module
            [sys.executable, "-m", "flows.prefect_server", str(httpx.URL(self.url).port), str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=os.environ
            | {"PREFECT_UI_ENABLED": "0", "PREFECT__SERVER_EPHEMERAL": "1", "PREFECT__SERVER_FINAL": "1"},
        )

    def wait(self, seconds: float = START_WITHIN_S) -> None:
        """Block until the server answers. Raises PamError with its last words if it does not."""
        deadline_s = time.monotonic() + seconds
        with httpx.Client(timeout=10) as client:
            while time.monotonic() < deadline_s and self._process.poll() is None:
                try:
                    if client.get(f"{self.url}/health").status_code == httpx.codes.OK:
                        self.ready = True
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.1)
        self._output.seek(0)
        words = self._output.read().decode(errors="replace").strip().splitlines()
        raise PamError(
            f"Prefect's embedded server did not start within {seconds:.0f} s: {words[-1] if words else 'no output'}"
        )

    def stop(self) -> None:
        """End the server; what it knows is in Prefect's database."""
        self._process.terminate()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()


@contextmanager
def reporting() -> Iterator[Callable[[], None]]:
    """Flows inside the block report to the configured server, or to an embedded one that starts meanwhile.

    Gives a function that blocks until the server answers; call it before the first flow. Raises ConfigError when the
    configured server does not answer; the function raises PamError when the embedded one does not start.
    """
    configured = PREFECT_API_URL.value()
    if configured is not None:
        _require_answer(str(configured))
        yield lambda: None
        return
    server = EmbeddedServer()
    try:
        with temporary_settings({PREFECT_API_URL: server.url}):
            try:
                yield server.wait
            finally:
                if server.ready:
                    _send_what_is_queued()
    finally:
        server.stop()


def _send_what_is_queued() -> None:
    """Logs and events travel in the background; without this the last of them meet a server that is gone."""
    APILogHandler().flush()
    EventsWorker.drain_all(timeout=5)


def _require_answer(url: str) -> None:
    try:
        httpx.get(f"{url}/health", timeout=10).raise_for_status()
    except httpx.HTTPError as error:
        raise ConfigError(
            f"PREFECT_API_URL: no Prefect server answers at {url} ({error}); "
            "start it, or unset PREFECT_API_URL to use an embedded one"
        ) from None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _serve(port: int, parent: int) -> None:
    if Path("/proc").is_dir():
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return
    import uvicorn

    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="error",
        lifespan="on",
    )


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]))
