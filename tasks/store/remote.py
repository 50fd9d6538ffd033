"""An object store as a store, through fsspec: whole objects in, whole objects out, no listing cache, failures within
seconds.
"""

import errno
import os
import time
from collections.abc import Callable
from typing import Any, TypeVar

import fsspec
from fsspec.core import url_to_fs

from tasks.errors import StoreError
from tasks.store.backend import CreateRefusedError

CONNECT_TIMEOUT_S = 5
# A store that is silent for so long has lost the request: bytes under way reset the clock.
READ_TIMEOUT_S = 15
REQUEST_ATTEMPTS = 3
CREATE_ATTEMPTS = 3
# What a busy server answers; each attempt is REQUEST_ATTEMPTS requests, so one failing request in ten is outlasted.
BUSY_ATTEMPTS = 4
BUSY_WAIT_S = 0.5
BUSY_SIGNS = ("(503)", "SlowDown", "ServiceUnavailable", "InternalError", "(500)", "(502)", "(504)")
NOT_IMPLEMENTED = (errno.ENOSYS, errno.ENOTSUP)

Result = TypeVar("Result")


def s3_options() -> dict[str, Any]:
    """What s3fs is told: short timeouts, few retries, nothing cached, path-style addresses for a server of one's
    own.
    """
    endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    config: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "read_timeout": READ_TIMEOUT_S,
        "retries": {"max_attempts": REQUEST_ATTEMPTS, "mode": "standard"},
    }
    if endpoint:
        config["s3"] = {"addressing_style": "path"}
    options: dict[str, Any] = {"use_listings_cache": False, "skip_instance_cache": True, "config_kwargs": config}
    return {**options, "endpoint_url": endpoint} if endpoint else options


class RemoteBackend:
    """Objects below a prefix of a bucket, in any store that fsspec reaches.

    `uri` is the address with its scheme, such as s3://bucket/prefix; for S3 the usual AWS variables hold for keys and
    endpoint.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.protocol = uri.split("://", 1)[0]
        options = s3_options() if self.protocol == "s3" else {"use_listings_cache": False}
        try:
            found, root = url_to_fs(uri, **options)
        except (ImportError, ValueError) as error:
            raise StoreError(f"store {uri}: {_last_line(error)}; use a folder or s3://bucket/prefix") from error
        self.fs: fsspec.AbstractFileSystem = found
        self.root: str = root.rstrip("/")
        if self.protocol == "s3":
            self.fs.retries = REQUEST_ATTEMPTS
            self.fs.connect()

    def _path(self, key: str) -> str:
        return f"{self.root}/{key}" if key else self.root

    def _ask(self, what: str, call: Callable[[], Result]) -> Result:
        for attempt in range(1, BUSY_ATTEMPTS + 1):
            try:
                return call()
            except (FileExistsError, FileNotFoundError):
                raise
            except Exception as error:
                # botocore, aiohttp and fsspec share no base class; whatever it was becomes one line.
                if attempt == BUSY_ATTEMPTS or not any(sign in str(error) for sign in BUSY_SIGNS):
                    raise StoreError(f"store {self.uri}: cannot {what}: {self._reason(error)}") from error
                time.sleep(BUSY_WAIT_S * 2 ** (attempt - 1))
        raise AssertionError("the last attempt returns or raises")

    def _reason(self, error: Exception) -> str:
        name = type(error).__name__
        text = _last_line(error)
        if name == "NoCredentialsError":
            return "no keys; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        if isinstance(error, PermissionError) or any(
            sign in text for sign in ("403", "SignatureDoesNotMatch", "InvalidAccessKeyId", "Forbidden")
        ):
            return (
                f"the keys are refused ({text}); check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the bucket's rights"
            )
        if name in (
            "EndpointConnectionError",
            "ConnectTimeoutError",
            "ClientConnectorError",
            "ProxyConnectionError",
            "ConnectionClosedError",
        ):
            return f"no answer ({text}); check AWS_ENDPOINT_URL and the network"
        return f"{text} ({name})"

    def check(self) -> None:
        """Raises StoreError when the bucket is not there, the endpoint silent, or the keys refused."""
        bucket = self.root.split("/", 1)[0]
        if self.protocol != "s3":
            return
        try:
            self._ask("look at the bucket", lambda: self.fs.call_s3("list_objects_v2", Bucket=bucket, MaxKeys=1))
        except FileNotFoundError:
            raise StoreError(
                f"store {self.uri}: no bucket named {bucket!r} at {self.fs.endpoint_url or 'AWS'}; create it first"
            ) from None

    def read(self, key: str) -> bytes | None:
        """The bytes under a key, None where there are none."""
        try:
            return bytes(self._ask(f"read {key}", lambda: self.fs.cat_file(self._path(key))))
        except FileNotFoundError:
            return None

    def read_range(self, key: str, start: int, end: int) -> bytes | None:
        """Bytes `start` up to `end` (excluded) of a key, None where there is none."""
        try:
            return bytes(self._ask(f"read {key}", lambda: self.fs.cat_file(self._path(key), start=start, end=end)))
        except FileNotFoundError:
            return None

    def size(self, key: str) -> int | None:
        """Number of bytes under a key, None where there are none."""
        try:
            info = self._ask(f"look at {key}", lambda: self.fs.info(self._path(key)))
        except FileNotFoundError:
            return None
        return int(info["size"]) if info["type"] == "file" else None

    def keys(self, prefix: str) -> dict[str, int]:
        """Every key below a folder, with its size, in order of name."""
        try:
            found = self._ask(f"list {prefix}", lambda: self.fs.find(self._path(prefix), detail=True))
        except FileNotFoundError:
            return {}
        start = len(self.root) + 1
        return {path[start:]: int(info["size"]) for path, info in sorted(found.items())}

    def create(self, key: str, data: bytes) -> bool:
        """Writes only where nothing is; False where something was. Raises CreateRefusedError where the server knows no
        conditions.
        """
        for attempt in range(CREATE_ATTEMPTS):
            try:
                self._ask(f"write {key}", lambda: self.fs.pipe_file(self._path(key), data, mode="create"))
            except FileExistsError:
                return False
            except FileNotFoundError as error:
                raise StoreError(f"store {self.uri}: cannot write {key}: the bucket is gone") from error
            except StoreError as error:
                if getattr(error.__cause__, "errno", None) in NOT_IMPLEMENTED:
                    raise CreateRefusedError(f"store {self.uri}: refuses conditional create ({error})") from error
                # AWS answers 409 while another writer of the same key is under way; asked again it decides.
                if "ConditionalRequestConflict" not in str(error) or attempt == CREATE_ATTEMPTS - 1:
                    raise
            else:
                return True
        return False

    def put(self, key: str, data: bytes) -> None:
        """Writes, whatever was there, at one stroke."""
        try:
            self._ask(f"write {key}", lambda: self.fs.pipe_file(self._path(key), data))
        except FileNotFoundError as error:
            raise StoreError(f"store {self.uri}: cannot write {key}: the bucket is gone") from error

    def delete(self, key: str) -> None:
        """Removes a key; nothing happens where there is none."""
        try:
            self._ask(f"delete {key}", lambda: self.fs.rm_file(self._path(key)))
        except FileNotFoundError:
            return

    def leftovers(self) -> dict[str, int]:
        """Uploads that were begun and never ended, as "key upload-id"; no store says how many bytes they hold."""
        if self.protocol != "s3":
            return {}
        bucket, _, prefix = self.root.partition("/")
        answer = self._ask(
            "list unfinished uploads", lambda: self.fs.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=prefix)
        )
        return {f"{upload['Key']} {upload['UploadId']}": 0 for upload in answer.get("Uploads", ())}

    def drop_leftover(self, name: str) -> None:
        """Gives up an upload that `leftovers` named."""
        key, _, upload = name.partition(" ")
        self._ask(
            f"give up the upload of {key}",
            lambda: self.fs.call_s3(
                "abort_multipart_upload", Bucket=self.root.partition("/")[0], Key=key, UploadId=upload
            ),
        )

    def free_bytes(self) -> int | None:
        """Object stores do not say how much room there is."""
        return None

    def local_path(self, key: str) -> str | None:
        """Objects have no file of their own."""
        del key
        return None


def _last_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__
