"""The few operations that a place must offer to be a store."""

from typing import Protocol

from tasks.errors import StoreError


class CreateRefusedError(StoreError):
    """A store that answers a conditional create with an error instead of obeying or ignoring the condition."""


class Backend(Protocol):
    """Keys are relative, with '/'; bytes go in and out whole. Every failure is a StoreError with one clear line."""

    def read(self, key: str) -> bytes | None:
        """The bytes under a key, None where there are none."""

    def read_range(self, key: str, start: int, end: int) -> bytes | None:
        """Bytes `start` up to `end` (excluded) of a key, None where there is none."""

    def size(self, key: str) -> int | None:
        """Number of bytes under a key, None where there are none."""

    def keys(self, prefix: str) -> dict[str, int]:
        """Every key below a folder, with its size, read anew and not from a cache."""

    def create(self, key: str, data: bytes) -> bool:
        """Writes only where nothing is; False where something was. Whether a race is decided is the probe's
        question.
        """

    def put(self, key: str, data: bytes) -> None:
        """Writes, whatever was there; a reader sees the old bytes or the new, never a part."""

    def delete(self, key: str) -> None:
        """Removes a key; nothing happens where there is none."""

    def leftovers(self) -> dict[str, int]:
        """Names and lengths of what writers that died left behind, outside every key."""

    def drop_leftover(self, name: str) -> None:
        """Removes one of the `leftovers`; nothing happens where it is gone."""

    def free_bytes(self) -> int | None:
        """Bytes that can still be written, None where the place does not say."""

    def local_path(self, key: str) -> str | None:
        """The file of a key, where the store is a folder."""
