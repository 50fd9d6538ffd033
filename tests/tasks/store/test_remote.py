"""An object store as a store, over real servers on this machine."""

import socket
import threading
import time

import pytest

from tasks.errors import StoreError
from tasks.store.remote import RemoteBackend, s3_options
from tests.tasks.conftest import S3Server


def test_the_endpoint_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches an endpoint variable that is ignored: a user's bytes would go to AWS."""
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    assert "endpoint_url" not in s3_options()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert s3_options()["endpoint_url"] == "http://127.0.0.1:1"
    assert s3_options()["use_listings_cache"] is False


@pytest.mark.parametrize("s3", ["moto"], indirect=True)
def test_conditional_create_where_it_is_honoured(s3: S3Server) -> None:
    """Catches a create that overwrites, and a race with two winners."""
    backend = RemoteBackend("s3://bucket/race")
    wins: list[int] = []

    def race(number: int) -> None:
        if backend.create("part", bytes([number]) * 1000):
            wins.append(number)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(wins) == 1 and backend.read("part") == bytes(wins) * 1000


def test_wrong_keys_are_one_line(rclone_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a traceback, and a message that shows the secret."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", rclone_server.endpoint)
    for key, secret in (("good-key", "bad-secret"), ("bad-key", "good-secret")):
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        with pytest.raises(StoreError, match="the keys are refused") as caught:
            RemoteBackend("s3://bucket/x").check()
        assert "\n" not in str(caught.value) and secret not in str(caught.value)
        assert "AWS_SECRET_ACCESS_KEY" in str(caught.value)


def test_no_keys_is_one_line(rclone_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a long search for keys that are nowhere."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", rclone_server.endpoint)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY", raising=False)
    with pytest.raises(StoreError, match="no keys; set AWS_ACCESS_KEY_ID"):
        RemoteBackend("s3://bucket/x").check()


def test_a_missing_bucket_is_one_line(s3: S3Server) -> None:
    """Catches a build that works for an hour and then has nowhere to put its part."""
    with pytest.raises(StoreError, match="no bucket named 'elsewhere'"):
        RemoteBackend("s3://elsewhere/x").check()


def test_a_silent_endpoint_is_one_line_within_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches minutes of retries against a server that is not there."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "k")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
        started = time.monotonic()
        with pytest.raises(StoreError, match="no answer") as caught:
            RemoteBackend("s3://bucket/x").check()
    assert time.monotonic() - started < 20 and "\n" not in str(caught.value)


def test_an_unknown_scheme_is_one_line() -> None:
    """Catches a traceback for a misspelt address."""
    with pytest.raises(StoreError, match=r"s4://bucket: .*; use a folder or s3://bucket/prefix"):
        RemoteBackend("s4://bucket")
