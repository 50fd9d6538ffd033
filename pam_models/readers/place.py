"""A store as readers and exporters see it: whole files in and out of a folder, a bucket, or whatever fsspec reaches."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import fsspec
from fsspec.core import url_to_fs

from pam_models.readers.errors import ReadError


def s3_options() -> dict[str, Any]:
    """What s3fs is told: path-style addresses for a server of one's own (AWS_ENDPOINT_URL), nothing cached."""
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    config: dict[str, Any] = {"retries": {"max_attempts": 5, "mode": "standard"}}
    if endpoint:
        config["s3"] = {"addressing_style": "path"}
    options: dict[str, Any] = {"use_listings_cache": False, "config_kwargs": config}
    return {**options, "endpoint_url": endpoint} if endpoint else options


class Place:
    """Files below one address: a folder, file:///folder, s3://bucket/prefix, or another that fsspec knows.

    It may be sent to other processes, by fork too: each connects anew.
    """

    def __init__(self, uri: str, options: Mapping[str, Any] | None = None) -> None:
        self.uri = uri.rstrip("/") or "/"
        self._options = dict(options) if options is not None else None
        self.folder = _folder(self.uri)
        self._remote: tuple[int, fsspec.AbstractFileSystem, str] | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the connection."""
        return {**self.__dict__, "_remote": None}

    def __repr__(self) -> str:
        """The address, which holds no keys."""
        return f"Place({self.uri!r})"

    def address(self, key: str) -> str:
        """The full address of a key, a path for a folder."""
        return str(self.folder / key) if self.folder is not None else f"{self.uri}/{key}"

    def find(self, key: str) -> bytes | None:
        """The bytes under a key, None where there are none. Raises ReadError when the place does not answer."""
        try:
            if self.folder is not None:
                return (self.folder / key).read_bytes()
            fs, root = self._connect()
            return bytes(fs.cat_file(f"{root}/{key}"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Exception as error:
            # fsspec's filesystems share no base class of errors; whatever it was becomes one line.
            raise ReadError(f"{self.address(key)}: cannot be read: {_last_line(error)}") from error

    def read(self, key: str, why: str = "") -> bytes:
        """The bytes under a key. Raises ReadError when there are none; `why` says who needs them."""
        data = self.find(key)
        if data is None:
            raise ReadError(f"{self.address(key)} is not there" + (f"; {why}" if why else ""))
        return data

    def size(self, key: str) -> int | None:
        """Number of bytes under a key, None where there are none."""
        try:
            if self.folder is not None:
                return (self.folder / key).stat().st_size
            fs, root = self._connect()
            return int(fs.info(f"{root}/{key}")["size"])
        except (FileNotFoundError, NotADirectoryError):
            return None
        except Exception as error:
            raise ReadError(f"{self.address(key)}: cannot be looked at: {_last_line(error)}") from error

    def write(self, key: str, data: bytes) -> None:
        """Writes at one stroke: a reader sees nothing, the old bytes or the new, never a part of them."""
        try:
            if self.folder is not None:
                _replace(self.folder / key, data)
                return
            fs, root = self._connect()
            fs.pipe_file(f"{root}/{key}", data)
        except Exception as error:
            raise ReadError(f"{self.address(key)}: cannot be written: {_last_line(error)}") from error

    def names(self, folder: str) -> list[str]:
        """Names of the files directly in a folder, sorted; none where there is no such folder."""
        try:
            if self.folder is not None:
                return sorted(path.name for path in (self.folder / folder).iterdir() if path.is_file())
            fs, root = self._connect()
            return sorted(path.rsplit("/", 1)[-1] for path in fs.ls(f"{root}/{folder}", detail=False))
        except (FileNotFoundError, NotADirectoryError):
            return []
        except Exception as error:
            raise ReadError(f"{self.address(folder)}: cannot be listed: {_last_line(error)}") from error

    def _connect(self) -> tuple[fsspec.AbstractFileSystem, str]:
        if self._remote is None or self._remote[0] != os.getpid():
            default = s3_options() if self.uri.startswith("s3://") else {}
            fs, root = url_to_fs(self.uri, **(self._options if self._options is not None else default))
            self._remote = (os.getpid(), fs, root.rstrip("/"))
        return self._remote[1], self._remote[2]


def _folder(uri: str) -> Path | None:
    if "://" not in uri:
        return Path(uri).expanduser().absolute()
    return Path(unquote(urlsplit(uri).path)).absolute() if uri.startswith("file://") else None


def _replace(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
