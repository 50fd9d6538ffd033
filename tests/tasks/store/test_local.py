"""A folder as a store."""

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tasks.errors import StoreError
from tasks.store.local import TEMPORARY, LocalBackend


def test_one_of_many_writers_wins(tmp_path: Path) -> None:
    """Catches a create that is a check followed by a write: two would win."""
    backend = LocalBackend(tmp_path)
    wins: list[int] = []
    start = threading.Barrier(16)

    def race(number: int) -> None:
        start.wait()
        if backend.create("part", bytes([number]) * 5000):
            wins.append(number)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 1
    assert (tmp_path / "part").read_bytes() == bytes(wins) * 5000
    assert list((tmp_path / TEMPORARY).iterdir()) == []


def test_a_writer_killed_half_way_leaves_nothing_under_the_key(tmp_path: Path) -> None:
    """Catches writing in place: a reader would see a truncated part."""
    code = """
import os, sys
from pathlib import Path
from tasks.store.local import LocalBackend
os.fsync = lambda handle: os._exit(9)
LocalBackend(Path(sys.argv[1])).create("a/part", b"x" * 100000)
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert done.returncode == 9
    backend = LocalBackend(tmp_path)
    assert backend.read("a/part") is None and backend.keys("a") == {}
    assert backend.create("a/part", b"whole")


def test_a_file_system_without_hard_links_still_creates_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a store that cannot be used on FAT or some network mounts."""

    def no_links(source: object, target: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    backend = LocalBackend(tmp_path)
    assert backend.create("part", b"1") and not backend.create("part", b"2")
    assert backend.read("part") == b"1"


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a traceback where the disk is full, and a half-written file left behind."""

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="cannot write part: No space left on device"):
        LocalBackend(tmp_path).put("part", b"1")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_file_where_the_folder_should_be_is_one_line(tmp_path: Path) -> None:
    """Catches a traceback for a store address that is a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot write part: Not a directory"):
        LocalBackend(tmp_path / "file").put("part", b"1")
    assert LocalBackend(tmp_path / "file").read("part") is None
