"""Builds in processes of their own, which tests kill, stop, or let race."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
DRIVER = ROOT / "benchmarks" / "plain_build.py"
PATIENCE_S = 150.0


class Life:
    """One process that works off a build, and the log in which it notes each shard that it begins."""

    def __init__(self, store: Path, log: Path, *settings: str, name: str = "build") -> None:
        self.mark = f"{os.getpid()}-{log.name}"
        self.log = log
        log.touch()
        environment = {
            **os.environ,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
            "PAM_LIFE": self.mark,
        }
        command = [sys.executable, str(DRIVER), str(store), name, str(log), *settings]
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT
        )

    def shards(self) -> int:
        """How many shards it has begun."""
        return self.log.read_text(encoding="ascii").count("/manifests/")

    def wait_for(self, what: Callable[[], bool]) -> None:
        """Waits until something holds; a process that ended before fails the test with its last words."""
        wait_for(lambda: what() or self.process.poll() is not None)
        if not what():
            pytest.fail(f"the build ended before: {self.end()[1]}")

    def end(self) -> tuple[int, str]:
        """The exit status and what was printed, once it has ended."""
        try:
            words, _ = self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            words, _ = self.process.communicate()
            pytest.fail(f"the build did not end: {words}")
        return self.process.returncode, words

    def relatives(self, name: str = "") -> list[int]:
        """Processes that it started, workers and servers of Ray included, whose command holds a name."""
        return [pid for pid in marked(self.mark, name) if pid != self.process.pid]

    def kill_relatives(self, name: str) -> int:
        """Kills processes that it started; how many there were."""
        pids = self.relatives(name)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        return len(pids)


def marked(mark: str, name: str = "") -> list[int]:
    """Processes with PAM_LIFE=`mark` in their environment whose command holds a name."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            mine = f"PAM_LIFE={mark}\0".encode() in (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            gone = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if mine and not gone and name in command:
            found.append(int(folder.name))
    return found


def listens_at(pid: int) -> set[str]:
    """The addresses at which a process takes TCP connections; none for one that has ended meanwhile."""
    try:
        found = psutil.Process(pid).net_connections("tcp")
    except psutil.NoSuchProcess:
        return set()
    return {str(one.laddr.ip).removeprefix("::ffff:") for one in found if one.status == psutil.CONN_LISTEN}


def wait_for(what: Callable[[], bool], seconds: float = PATIENCE_S) -> None:
    """Waits until something holds, or fails the test."""
    deadline_s = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline_s, "it did not happen"
        time.sleep(0.02)
