"""Folders on this machine that hold files named by content, up to a number of bytes that several processes keep
together.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

GIB = 1 << 30
TEMPORARY = ".tmp"
_LEDGER = ".bytes"


def default_folder() -> Path:
    """$PAM_CACHE, else the user's cache folder (XDG)."""
    named = os.environ.get("PAM_CACHE")
    return Path(named) if named else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pam"


@dataclass(frozen=True)
class CacheConfig:
    """Where a reader keeps what it would otherwise fetch or compute again, and how much of it.

    folder: labels as fixed-size records (about 1 kB a frame, 10 kB with stored vertices, not bounded), and below it
    media_bytes: clips of a remote store. A store that is a folder on this machine is read in place.
    decoded_bytes: decoded planes (1.5 bytes a pixel) of what is read a second time, so that later epochs need not
    decode; 0 turns it off.
    """

    folder: Path = field(default_factory=default_folder)
    media_bytes: int = 16 * GIB
    decoded_bytes: int = 4 * GIB

    def __post_init__(self) -> None:
        """Raises ValueError for negative bounds."""
        if self.media_bytes < 0 or self.decoded_bytes < 0:
            raise ValueError(f"bounds are bytes, 0 or more; got {self.media_bytes} and {self.decoded_bytes}")


class BoundedFolder:
    """Whole files, never more than `limit_bytes` of them together, over all processes that use the folder.

    When it is full, files that nobody has read since this object was made give way, the longest unread first; what this
    run still reads in turn stays, because dropping it would only make room for what is dropped next.
    """

    def __init__(self, root: Path, limit_bytes: int) -> None:
        self.root = root
        self.limit_bytes = limit_bytes
        # A second of slack, because file times are coarser than the clock.
        self._opened = time.time() - 1.0
        self._ready = False

    def find(self, name: str) -> Path | None:
        """The file of this name, marked as read just now; None where there is none."""
        if self.limit_bytes == 0:
            return None
        path = self.root / name
        try:
            os.utime(path)
        except OSError:
            return None
        return path

    def admit(self, name: str, data: Sequence[bytes | memoryview]) -> bool:
        """Keeps a file, given in pieces, where there is room; whether it did. A full disk keeps and stops nothing."""
        size = sum(memoryview(piece).nbytes for piece in data)
        if size > self.limit_bytes:
            return False
        with contextlib.suppress(OSError):
            self._prepare()
            with self._ledger() as ledger:
                if (self.root / name).exists():
                    return True
                if ledger.total + size > self.limit_bytes:
                    ledger.total -= self._make_room(ledger.total + size - self.limit_bytes)
                if ledger.total + size > self.limit_bytes:
                    return False
                ledger.total += size
            if self._write(name, data):
                return True
            with self._ledger() as ledger:
                ledger.total -= size
        return False

    def total_bytes(self) -> int:
        """How many bytes the folder's files have."""
        return sum(entry.stat().st_size for entry in self._entries())

    def _prepare(self) -> None:
        if not self._ready:
            self.root.mkdir(parents=True, exist_ok=True)
            with self._ledger() as ledger:
                ledger.total = self.total_bytes()
            self._ready = True

    def _entries(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root) as found:
                return [entry for entry in found if not entry.name.startswith(".") and entry.is_file()]
        except FileNotFoundError:
            return []

    def _make_room(self, wanted: int) -> int:
        unread = sorted(
            (entry.stat().st_mtime, entry.name, entry.stat().st_size)
            for entry in self._entries()
            if entry.stat().st_mtime < self._opened
        )
        freed = 0
        for _, name, size in unread:
            if freed >= wanted:
                break
            (self.root / name).unlink(missing_ok=True)
            freed += size
        return freed

    def _write(self, name: str, data: Sequence[bytes | memoryview]) -> bool:
        temporary = self.root / f".{name}.{os.getpid()}.{id(data)}{TEMPORARY}"
        try:
            with temporary.open("wb", buffering=0) as stream:
                for piece in data:
                    stream.write(piece)
            temporary.replace(self.root / name)
        except OSError:
            return False
        finally:
            temporary.unlink(missing_ok=True)
        return True

    @contextmanager
    def _ledger(self) -> Iterator[_Ledger]:
        handle = os.open(self.root / _LEDGER, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            text = os.pread(handle, 32, 0)
            ledger = _Ledger(int(text or b"0"))
            yield ledger
            os.pwrite(handle, b"%020d" % max(ledger.total, 0), 0)
        finally:
            os.close(handle)


@dataclass
class _Ledger:
    total: int
