"""The store: media by their hash, parts by conditional create, and a few files that are replaced whole."""

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tasks.errors import StoreError
from tasks.ids import sha256_hex
from tasks.store.backend import Backend, CreateRefusedError
from tasks.store.local import LocalBackend
from tasks.store.remote import RemoteBackend

PROBE_KEY = ".pam-store"
PROBE_TEXT = b"This object tells whether the store honours conditional create. It may be deleted.\n"
KEY = re.compile(r"[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*")
EXTENSION = re.compile(r"[a-z0-9]{1,8}")


class StoreWarning(UserWarning):
    """The store works, with a limit that a person should know of."""


@dataclass(frozen=True)
class MediaRef:
    """Where a medium lies (`uri` is relative to the store), its SHA-256 and its length in bytes."""

    uri: str
    sha256: str
    bytes: int

    def columns(self, what: str) -> dict[str, Any]:
        """The three columns `<what>_uri`, `<what>_sha256`, `<what>_bytes` of a row."""
        return {f"{what}_uri": self.uri, f"{what}_sha256": self.sha256, f"{what}_bytes": self.bytes}


def check_key(key: str) -> str:
    """The key itself. Raises StoreError for one that could leave the store or means nothing in it."""
    if not KEY.fullmatch(key) or any(part in (".", "..") for part in key.split("/")):
        raise StoreError(f"{key!r} is no key of a store: use letters, digits, '.', '_', '-' and '/' between names")
    return key


def _backend(uri: str) -> Backend:
    if "@" in urlsplit(uri).netloc:
        scheme, _, rest = uri.partition("://")
        place = rest.rpartition("@")[2]
        raise StoreError(f"store {scheme}://{place}: the address holds keys; give them by AWS's variables or files")
    if "://" not in uri:
        return LocalBackend(Path(uri).expanduser().absolute())
    if uri.startswith("file://"):
        return LocalBackend(Path(unquote(urlsplit(uri).path)).absolute())
    if uri.startswith("s3://") and not uri[5:].strip("/"):
        raise StoreError(f"store {uri}: names no bucket; write s3://bucket/prefix")
    return RemoteBackend(uri)


class Store:
    """One store. `uri` is a folder, file:///folder, s3://bucket/prefix, or any address that fsspec knows.

    Objects of this class may be sent to other processes: they carry their address and what the probe found, and
    connect anew there.
    """

    def __init__(self, uri: str, *, single_writer: bool = False) -> None:
        self.uri = uri
        self.single_writer = single_writer
        self._backend = _backend(uri)

    def __reduce__(self) -> tuple[Callable[..., "Store"], tuple[str, bool]]:
        """What another process needs to open the same store."""
        return _reopen, (self.uri, self.single_writer)

    def __repr__(self) -> str:
        """The address, which holds no keys."""
        return f"Store({self.uri!r})"

    def probe(self) -> bool:
        """Checks that the store can be written and whether it decides races; warns and returns False where it does not.

        Raises StoreError in one line when the store cannot be reached or written.
        """
        if isinstance(self._backend, RemoteBackend):
            self._backend.check()
        try:
            self._backend.create(PROBE_KEY, PROBE_TEXT)
            self.single_writer = self._backend.create(PROBE_KEY, PROBE_TEXT)
        except CreateRefusedError:
            self._backend.put(PROBE_KEY, PROBE_TEXT)
            self.single_writer = True
        if self._backend.read(PROBE_KEY) != PROBE_TEXT:
            raise StoreError(f"store {self.uri}: does not give back what was written to {PROBE_KEY}")
        if self.single_writer:
            warnings.warn(
                f"store {self.uri} ignores conditional create: run one build into it at a time",
                StoreWarning,
                stacklevel=2,
            )
        return not self.single_writer

    def put_media(self, data: bytes, extension: str) -> MediaRef:
        """Puts a medium under its hash, unless it is there already, and looks that it arrived whole."""
        if not EXTENSION.fullmatch(extension):
            raise StoreError(
                f"{extension!r} is no extension of a medium: use 1 to 8 lower-case letters and digits, without a dot"
            )
        digest = sha256_hex(data)
        reference = MediaRef(f"cas/{digest[:2]}/{digest}.{extension}", digest, len(data))
        if self._backend.size(reference.uri) != reference.bytes:
            self._backend.put(reference.uri, data)
            self._check_size(reference.uri, reference.bytes)
        return reference

    def commit_part(self, key: str, data: bytes) -> bool:
        """Writes an immutable file once; False where another writer was first, whose file then stands.

        Raises StoreError when it did not arrive whole; what arrived is removed, so that it can be written again.
        """
        check_key(key)
        if self.single_writer:
            if self._backend.size(key) is not None:
                return False
            self._backend.put(key, data)
        elif not self._backend.create(key, data):
            return False
        try:
            self._check_size(key, len(data))
        except StoreError:
            self._backend.delete(key)
            raise
        return True

    def replace(self, key: str, data: bytes) -> None:
        """Writes a file that may change (a snapshot, a report): readers see the old one or the new one.

        Its length is not looked at afterwards: another writer may have been there in between.
        """
        self._backend.put(check_key(key), data)

    def read(self, key: str) -> bytes:
        """The bytes under a key. Raises StoreError when there are none."""
        data = self._backend.read(check_key(key))
        if data is None:
            raise StoreError(f"store {self.uri}: {key} is not there")
        return data

    def read_media(self, uri: str, sha256: str) -> bytes:
        """A medium's bytes, checked against its hash. Raises StoreError when it is missing or altered."""
        data = self.read(uri)
        if sha256_hex(data) != sha256:
            raise StoreError(f"store {self.uri}: {uri} was altered: its bytes do not have the hash that its row states")
        return data

    def find(self, key: str) -> bytes | None:
        """The bytes under a key, None where there are none."""
        return self._backend.read(check_key(key))

    def read_end(self, key: str, count: int, size: int | None = None) -> bytes:
        """The last `count` bytes under a key (all of them where there are fewer), without reading the others.

        `size` spares a question where it is known. Raises StoreError when there is nothing under the key.
        """
        length = self.size(key) if size is None else size
        data = self._backend.read_range(check_key(key), max(0, length - count), length) if length else None
        if data is None:
            raise StoreError(f"store {self.uri}: {key} is not there")
        return data

    def free_bytes(self) -> int | None:
        """Bytes that can still be written; None for an object store, which does not say."""
        return self._backend.free_bytes()

    def exists(self, key: str) -> bool:
        """Whether there is something under a key."""
        return self.size(key) is not None

    def size(self, key: str) -> int | None:
        """Number of bytes under a key, None where there are none."""
        return self._backend.size(check_key(key))

    def keys(self, prefix: str) -> dict[str, int]:
        """Every key below a folder with its size in bytes, in order of name, asked anew each time."""
        return self._backend.keys(check_key(prefix))

    def delete(self, key: str) -> None:
        """Removes a key; nothing happens where there is none."""
        self._backend.delete(check_key(key))

    def leftovers(self) -> dict[str, int]:
        """Names and lengths in bytes of what writers that died left behind, outside every key."""
        return self._backend.leftovers()

    def drop_leftover(self, name: str) -> None:
        """Removes one of the `leftovers`."""
        self._backend.drop_leftover(name)

    def local_path(self, key: str) -> Path | None:
        """The file of a key where the store is a folder on this machine; None for an object store."""
        path = self._backend.local_path(check_key(key))
        return Path(path) if path is not None else None

    def _check_size(self, key: str, expected: int) -> None:
        size = self._backend.size(key)
        if size != expected:
            raise StoreError(f"store {self.uri}: {key} arrived with {size} of {expected} bytes")


def _reopen(uri: str, single_writer: bool) -> Store:
    return Store(uri, single_writer=single_writer)
