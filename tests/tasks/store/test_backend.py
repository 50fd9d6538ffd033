"""The contract of every place that can be a store, over a folder and two S3 servers."""

from pathlib import Path

import pytest

from tasks.store.backend import Backend
from tasks.store.local import LocalBackend
from tasks.store.remote import RemoteBackend
from tests.tasks.conftest import S3Server


@pytest.fixture(params=["folder", "moto", "rclone"])
def backend(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Backend:
    if request.param == "folder":
        return LocalBackend(tmp_path / "root")
    server: S3Server = request.getfixturevalue(f"{request.param}_server")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "good-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "good-secret")
    if request.param == "moto":
        import s3fs

        filesystem = s3fs.S3FileSystem(endpoint_url=server.endpoint, skip_instance_cache=True)
        if not filesystem.exists("bucket"):
            filesystem.mkdir("bucket")
    return RemoteBackend("s3://bucket/contract")


def test_bytes_come_back_and_absence_is_none(backend: Backend) -> None:
    """Catches bytes that change on the way, and an exception where there is just nothing."""
    data = bytes(range(256)) * 1000
    assert backend.read("a/b.bin") is None and backend.size("a/b.bin") is None
    backend.put("a/b.bin", data)
    assert backend.read("a/b.bin") == data and backend.size("a/b.bin") == len(data)
    backend.put("a/b.bin", b"short")
    assert backend.read("a/b.bin") == b"short"
    assert backend.size("a") is None, "a folder has no size"
    backend.delete("a/b.bin")
    backend.delete("a/b.bin")
    assert backend.read("a/b.bin") is None


def test_keys_are_listed_anew(backend: Backend) -> None:
    """Catches a listing out of a cache, keys with the wrong prefix, and temporary files in it."""
    assert backend.keys("list") == {}
    backend.put("list/b", b"22")
    assert backend.keys("list") == {"list/b": 2}
    backend.put("list/deep/a", b"1")
    backend.put("listing", b"x")
    assert backend.keys("list") == {"list/b": 2, "list/deep/a": 1}
    for key in ("list/b", "list/deep/a", "listing"):
        backend.delete(key)


def test_empty_bytes_are_bytes(backend: Backend) -> None:
    """Catches an empty file that counts as missing."""
    backend.put("empty", b"")
    assert backend.read("empty") == b"" and backend.size("empty") == 0
    backend.delete("empty")
