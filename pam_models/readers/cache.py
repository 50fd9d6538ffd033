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
                making = _Making(self.root, name, size)
                ledger.total += size
            written = making.write(data)
            with self._ledger() as ledger:
                # A second process may have made the same file meanwhile.
                if not written or (self.root / name).exists():
                    ledger.total -= size
                making.end(self.root / name if written else None)
            return written
        return False

    def total_bytes(self) -> int:
        """How many bytes the folder's files have."""
        return sum(entry.stat().st_size for entry in self._entries() if not entry.name.startswith("."))

    def _prepare(self) -> None:
        """Counts anew what is there and what is being made; what a killed process left half made is removed."""
        if self._ready:
            return
        self.root.mkdir(parents=True, exist_ok=True)
        with self._ledger() as ledger:
            making = [entry for entry in self._entries() if entry.name.endswith(TEMPORARY)]
            ledger.total = self.total_bytes() + sum(_size_or_remove(Path(entry.path)) for entry in making)
        self._ready = True

    def _entries(self) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(self.root) as found:
                return [entry for entry in found if entry.is_file()]
        except FileNotFoundError:
            return []

    def _make_room(self, wanted: int) -> int:
        unread = sorted(
            (entry.stat().st_mtime, entry.name, entry.stat().st_size)
            for entry in self._entries()
            if not entry.name.startswith(".") and entry.stat().st_mtime < self._opened
        )
        freed = 0
        for _, name, size in unread:
            if freed >= wanted:
                break
            (self.root / name).unlink(missing_ok=True)
            freed += size
        return freed

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


class _Making:
    """A file in the making: as large as it will be from the start, and locked, so that others count it."""

    def __init__(self, root: Path, name: str, size: int) -> None:
        self._path = root / f".{name}.{os.getpid()}.{id(self)}{TEMPORARY}"
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        fcntl.flock(self._handle, fcntl.LOCK_EX)
        os.ftruncate(self._handle, size)

    def write(self, data: Sequence[bytes | memoryview]) -> bool:
        """Whether everything could be written."""
        try:
            with os.fdopen(os.dup(self._handle), "wb", buffering=0) as stream:
                for piece in data:
                    if stream.write(piece) != memoryview(piece).nbytes:
                        return False
        except OSError:
            return False
        return True

    def end(self, path: Path | None) -> None:
        """Gives it its name, or removes it where there is none."""
        try:
            if path is None:
                self._path.unlink(missing_ok=True)
            else:
                self._path.replace(path)
        finally:
            os.close(self._handle)


def _size_or_remove(path: Path) -> int:
    """The bytes of a file in the making; 0 and no file where nobody makes it any more."""
    try:
        handle = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return 0
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.fstat(handle).st_size
    else:
        path.unlink(missing_ok=True)
        return 0
    finally:
        os.close(handle)
