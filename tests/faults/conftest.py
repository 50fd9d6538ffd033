"""Real servers, a real Ray and simulated stages for faults that are caused on purpose."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack

import pytest

from benchmarks.faulty_store import Faults, faulty_store
from benchmarks.plain_build import simulated_build, work_off
from tasks.build import Build
from tasks.store import Store
from tasks.verify import verify
from tests.tasks.conftest import S3Server, moto_server, s3, store, two_gpus

__all__ = ["moto_server", "s3", "store", "two_gpus"]

INLINE = ("execution.executor=inline", "execution.parallel_shards=1", "pose.trajectories=2", "appearance.candidates=2")


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a power cut would lose is not what these tests are about, and a busy disk makes them slow."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def faulty(moto_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Faults], Store]]:
    """Opens the S3 server behind one that goes wrong as it is told, in a bucket of its own."""
    import s3fs

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "good-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "good-secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    filesystem = s3fs.S3FileSystem(endpoint_url=moto_server.endpoint, skip_instance_cache=True)
    if filesystem.exists("faulty"):
        filesystem.rm("faulty", recursive=True)
    filesystem.mkdir("faulty")
    with ExitStack() as opened:

        def behind(faults: Faults) -> Store:
            server: AbstractContextManager[str] = faulty_store(moto_server.endpoint, faults)
            monkeypatch.setenv("AWS_ENDPOINT_URL", opened.enter_context(server))
            return Store("s3://faulty/store")

        yield behind


def undisturbed(store: Store, *settings: str) -> bytes:
    """The snapshot of a build that nothing happens to."""
    build = simulated_build(store, *INLINE, *settings, name="build")
    work_off(build)
    return snapshot_of(build)


def snapshot_of(build: Build) -> bytes:
    """The bytes of a build's snapshot, after a look that all of it is well."""
    verdict = verify(build.store, build.build_id)
    assert verdict.passed, verdict.findings
    return build.store.read(build.key("snapshot.json"))
