"""A folder as a store: a file is written beside its place, synced, and then given its name at one stroke."""

import errno
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tasks.errors import StoreError

TEMPORARY = ".tmp"
CLOCK = "clock"
# A file is written and named within seconds; after an hour its writer is gone.
LEFT_BEHIND_S = 3600.0
NO_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


class LocalBackend:
    """Files below a root folder, which is made when first written to."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._counter = count()

    @contextmanager
    def _one_line(self, what: str, key: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(f"store {self.root}: cannot {what} {key or 'it'}: {error.strerror or error}") from error

    def read(self, key: str) -> bytes | None:
        """The bytes under a key, None where there are none."""
        with self._one_line("read", key):
            try:
                return (self.root / key).read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def read_range(self, key: str, start: int, end: int) -> bytes | None:
        """Bytes `start` up to `end` (excluded) of a key, None where there is none."""
        with self._one_line("read", key):
            try:
                with (self.root / key).open("rb") as stream:
                    stream.seek(start)
                    return stream.read(end - start)
            except (FileNotFoundError, NotADirectoryError):
                return None

    def size(self, key: str) -> int | None:
        """Number of bytes under a key, None where there are none."""
        with self._one_line("look at", key):
            try:
                found = (self.root / key).stat()
                return found.st_size if stat.S_ISREG(found.st_mode) else None
            except (FileNotFoundError, NotADirectoryError):
                return None

    def keys(self, prefix: str) -> dict[str, int]:
        """Every key below a folder, with its size, in order of name."""
        found: dict[str, int] = {}
        with self._one_line("list", prefix):
            for folder, _, names in os.walk(self.root / prefix):
                for name in names:
                    path = Path(folder) / name
                    key = path.relative_to(self.root).as_posix()
                    if not key.startswith(f"{TEMPORARY}/"):
                        found[key] = path.stat().st_size
        return dict(sorted(found.items()))

    def create(self, key: str, data: bytes) -> bool:
        """Writes only where nothing is; False where something was."""
        with self._written(key, data) as temporary:
            try:
                os.link(temporary, self.root / key)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in NO_LINKS:
                    raise
                # A file system without hard links: the check and the rename are two steps there.
                if (self.root / key).exists():
                    return False
                temporary.replace(self.root / key)
            self._sync_folder((self.root / key).parent)
            return True

    def put(self, key: str, data: bytes) -> None:
        """Writes, whatever was there, at one stroke."""
        with self._written(key, data) as temporary:
            temporary.replace(self.root / key)
            self._sync_folder((self.root / key).parent)

    def delete(self, key: str) -> None:
        """Removes a key; nothing happens where there is none."""
        with self._one_line("delete", key):
            (self.root / key).unlink(missing_ok=True)

    def leftovers(self) -> dict[str, int]:
        """Files that were written beside their place by a process that died; younger ones may still be moved there.

        Age is measured on the disk's own clock: that of a file written now.
        """
        folder = self.root / TEMPORARY
        if not folder.is_dir():
            return {}
        with self._one_line("look for leftovers in", TEMPORARY):
            with self._written(f"{TEMPORARY}/{CLOCK}", b"") as fresh:
                now_s = fresh.stat().st_mtime
            found = {path.name: path.stat() for path in sorted(folder.iterdir()) if path.is_file()}
        return {name: state.st_size for name, state in found.items() if now_s - state.st_mtime > LEFT_BEHIND_S}

    def drop_leftover(self, name: str) -> None:
        """Removes one of the `leftovers`."""
        with self._one_line("delete", name):
            (self.root / TEMPORARY / name).unlink(missing_ok=True)

    def free_bytes(self) -> int | None:
        """Bytes free on the disk of the root, or of the nearest folder above it that is there."""
        place = self.root
        while not place.exists():
            place = place.parent
        with self._one_line("look at the disk of", ""):
            return shutil.disk_usage(place).free

    def local_path(self, key: str) -> str | None:
        """The file of a key."""
        return str(self.root / key)

    @contextmanager
    def _written(self, key: str, data: bytes) -> Iterator[Path]:
        """The bytes in a synced file with a name of its own, removed afterwards unless it was moved into place."""
        name = f"{os.getpid()}-{threading.get_ident()}-{next(self._counter)}"
        temporary = self.root / TEMPORARY / name
        with self._one_line("write", key):
            temporary.parent.mkdir(parents=True, exist_ok=True)
            (self.root / key).parent.mkdir(parents=True, exist_ok=True)
            try:
                handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
                with os.fdopen(handle, "wb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(stream.fileno())
                yield temporary
            finally:
                temporary.unlink(missing_ok=True)

    @staticmethod
    def _sync_folder(folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
