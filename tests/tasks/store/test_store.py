"""The store: media by hash, parts once, and what the probe finds out."""

import hashlib
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.errors import StoreError
from tasks.store import MediaRef, Store, StoreWarning
from tasks.store.local import LocalBackend
from tests.tasks.conftest import S3Server


def test_media_lie_under_their_hash_and_are_put_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches media that are uploaded again by each build, and a reference that does not fit its bytes."""
    reference = store.put_media(b"picture", "png")
    digest = hashlib.sha256(b"picture").hexdigest()
    assert reference == MediaRef(f"cas/{digest[:2]}/{digest}.png", digest, 7)
    assert reference.columns("image") == {"image_uri": reference.uri, "image_sha256": digest, "image_bytes": 7}

    def never(self: LocalBackend, key: str, data: bytes) -> None:
        raise AssertionError("put again")

    monkeypatch.setattr(LocalBackend, "put", never)
    assert store.put_media(b"picture", "png") == reference


def test_a_medium_cut_short_is_put_again(store: Store) -> None:
    """Catches a truncated object of an earlier crash that stays for ever."""
    reference = store.put_media(b"picture", "png")
    path = store.local_path(reference.uri)
    assert path is not None
    path.write_bytes(b"pic")
    store.put_media(b"picture", "png")
    assert store.read_media(reference.uri, reference.sha256) == b"picture"


def test_an_altered_medium_is_not_given_out(store: Store) -> None:
    """Catches a flipped bit that reaches training."""
    reference = store.put_media(b"picture", "png")
    path = store.local_path(reference.uri)
    assert path is not None
    path.write_bytes(b"pictura")
    with pytest.raises(StoreError, match="was altered"):
        store.read_media(reference.uri, reference.sha256)


def test_what_arrives_short_is_noticed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a store that takes half of the bytes and says nothing."""
    put = LocalBackend.put
    monkeypatch.setattr(LocalBackend, "put", lambda self, key, data: put(self, key, data[:-1]))
    with pytest.raises(StoreError, match="arrived with 6 of 7 bytes"):
        store.put_media(b"picture", "png")


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a/../b", "a//b", "", ".", "a b", "a\nb", "builds/"])
def test_keys_cannot_leave_the_store(store: Store, key: str) -> None:
    """Catches ids from data that become paths outside the store."""
    for call in (store.read, store.exists, store.delete, store.keys, store.local_path):
        with pytest.raises(StoreError, match="is no key of a store"):
            call(key)
    with pytest.raises(StoreError, match="is no key"):
        store.commit_part(key, b"")


@pytest.mark.parametrize("extension", ["../x", "", ".png", "PNG", "a" * 9])
def test_extensions_are_short_words(store: Store, extension: str) -> None:
    """Catches an extension that carries a path."""
    with pytest.raises(StoreError, match="is no extension"):
        store.put_media(b"x", extension)


def test_addresses_of_folders(tmp_path: Path) -> None:
    """Catches file:// addresses and spaces in them that end up in another folder."""
    Store(str(tmp_path / "a b")).commit_part("x", b"1")
    assert Store(f"file://{tmp_path}/a%20b").read("x") == b"1"
    with pytest.raises(StoreError, match="names no bucket"):
        Store("s3://")


def test_a_folder_decides_races(store: Store) -> None:
    """Catches a probe that calls a good store bad, or that fails when it is run again."""
    assert store.probe() and store.probe()
    assert not store.single_writer


def test_a_store_that_cannot_be_written_is_one_line() -> None:
    """Catches work that is begun for a store that takes nothing."""
    with pytest.raises(StoreError, match="cannot write") as caught:
        Store("/proc/nowhere").probe()
    assert "\n" not in str(caught.value)


def test_the_probe_tells_servers_apart(s3: S3Server) -> None:
    """Catches a server that ignores conditional create and is trusted with races, and a parts overwritten there."""
    store = Store("s3://bucket/probe")
    if s3.honours:
        assert store.probe()
    else:
        with pytest.warns(StoreWarning, match="run one build into it at a time"):
            assert not store.probe()
    assert store.commit_part("builds/b/part", b"first")
    assert not store.commit_part("builds/b/part", b"second")
    assert store.read("builds/b/part") == b"first"
    assert store.keys("builds") == {"builds/b/part": 5}
    assert pickle.loads(pickle.dumps(store)).single_writer is not s3.honours
    store.delete("builds/b/part")


def test_another_process_opens_the_same_store(s3: S3Server) -> None:
    """Catches connections that are sent along to a worker instead of being made there, and keys in what is sent."""
    store = Store("s3://bucket/other")
    store.commit_part("x", b"seen")
    sent = pickle.dumps(store)
    assert b"good-secret" not in sent
    code = "import pickle, sys; print(pickle.loads(bytes.fromhex(sys.argv[1])).read('x'))"
    answer = subprocess.run([sys.executable, "-c", code, sent.hex()], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "b'seen'"
    store.delete("x")
