"""A store that goes wrong: each fault is caused by a server in front of a real S3 server."""

import errno
import os
import time
from collections.abc import Callable

import pytest

from benchmarks.faulty_store import Faults, at_rates, first_times
from benchmarks.plain_build import simulated_build, work_off
from tasks.errors import InfrastructureError, StoreError
from tasks.executor.inline import InlineExecutor
from tasks.plan import Planner
from tasks.shard import run_shard
from tasks.stages import stage_factory
from tasks.steps import BY_NAME
from tasks.store import Store, StoreWarning
from tasks.store import remote as remote_store
from tests.faults.conftest import INLINE, snapshot_of, undisturbed

Faulty = Callable[[Faults], Store]


@pytest.fixture(autouse=True)
def quick_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds of patience instead of a quarter of a minute."""
    monkeypatch.setattr(remote_store, "READ_TIMEOUT_S", 1)
    monkeypatch.setattr(remote_store, "BUSY_WAIT_S", 0.05)


@pytest.mark.parametrize("fault", ["503", "hang", "slow", "cut-upload", "truncate", "cut-answer", "lost-answer"])
def test_a_fault_that_passes_costs_nothing(faulty: Faulty, fault: str) -> None:
    """Catches a request that is not asked again, an object that stays cut off, and a part of one's own that counts as
    another writer's failure.
    """
    faults = Faults()
    store = faulty(faults)
    store.probe()
    for number, call in enumerate(
        (
            lambda: store.put_media(b"picture" * 99, "png"),
            lambda: store.commit_part("builds/b/part", b"part" * 99),
            lambda: store.replace("builds/b/snapshot.json", b"snapshot" * 99),
        )
    ):
        faults.choose = first_times(fault, 1, "PUT")  # type: ignore[arg-type]
        if fault == "truncate" and number < 2:
            with pytest.raises(StoreError, match="arrived with"):
                call()
        call()
    faults.choose = first_times(fault, 1, "GET")  # type: ignore[arg-type]
    assert store.read("builds/b/part") == b"part" * 99
    faults.choose = first_times(fault, 2)  # type: ignore[arg-type]
    assert len(store.keys("cas")) == 1 and store.size("builds/b/part") == 396
    assert faults.injected[fault] >= 4


def test_a_store_that_stays_away_is_one_line_and_the_build_goes_on_later(faulty: Faulty, store: Store) -> None:
    """Catches a build that is lost with its store, and a half-written part."""
    faults = Faults()
    remote = faulty(faults)
    remote.probe()
    build = simulated_build(remote, *INLINE, name="build")
    seen: list[str] = []

    def leave(shard: object) -> None:
        seen.append("shard")
        faults.gone = len(seen) == 3

    with pytest.raises(InfrastructureError, match=r"store s3://faulty/store: cannot .*\(") as caught:
        work_off(build, leave)
    assert "\n" not in str(caught.value)
    faults.gone = False
    work_off(build)
    assert snapshot_of(build) == undisturbed(store)


def test_requests_fail_hang_and_lose_their_answers_all_the_time(faulty: Faulty, store: Store) -> None:
    """Catches a build that needs a store without faults, and one that ends as another build."""
    faults = Faults(at_rates(1, {"503": 0.05, "hang": 0.005, "lost-answer": 0.01, "cut-answer": 0.01}))
    remote = faulty(faults)
    remote.probe()
    build = simulated_build(remote, *INLINE, name="build")
    work_off(build)
    assert faults.injected["503"] > 5, faults.injected
    faults.choose = Faults().choose
    assert snapshot_of(build) == undisturbed(store)


def test_a_listing_without_what_was_just_written(faulty: Faulty, store: Store) -> None:
    """Catches a step that waits for ever for its own part, work that is done twice, and parts that readers miss."""
    faults = Faults(hidden_s=3600.0)
    remote = faulty(faults)
    remote.probe()
    build = simulated_build(remote, *INLINE, name="build")
    work_off(build)
    again: list[str] = []
    planner = Planner(build)
    plan = planner.plan("pose")
    assert plan.todo, "the listing shows nothing"
    with InlineExecutor(stage_factory(build, BY_NAME["pose"])) as executor:
        again = [shard.shard_id for shard in plan.todo if not run_shard(planner, shard, executor).skipped]
    assert again == []
    faults.hidden_s = 0.0
    assert snapshot_of(build) == undisturbed(store)


@pytest.mark.parametrize("fault", ["refuse-create", "ignore-create"])
def test_a_server_without_conditional_create(faulty: Faulty, store: Store, fault: str) -> None:
    """Catches a build that cannot begin there, and one that trusts the server with races."""
    faults = Faults(lambda method, path, headers: fault)  # type: ignore[arg-type, return-value]
    remote = faulty(faults)
    with pytest.warns(StoreWarning, match="run one build into it at a time"):
        assert not remote.probe()
    build = simulated_build(remote, *INLINE, name="build")
    work_off(build)
    assert not remote.commit_part(build.key("config.yaml"), b"another")
    assert snapshot_of(build) == undisturbed(store)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_is_one_line_and_leaves_nothing(store: Store, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Catches half a part after a full disk, temporary files that fill it further, and a build that cannot go on."""
    build = simulated_build(store, *INLINE, name="build")
    left = [12]

    def full(handle: int) -> None:
        left[0] -= 1
        if left[0] <= 0:
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InfrastructureError, match=f"cannot write .*: {os.strerror(number)}"):
        work_off(build)
    root = store.local_path("builds")
    assert root is not None and list((root.parent / ".tmp").iterdir()) == []
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    work_off(build)
    snapshot_of(build)


def test_a_file_size_limit_is_met_at_the_lowest_write(store: Store) -> None:
    """Catches a write that the operating system cuts short and that counts as done."""
    import resource
    import signal

    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        with pytest.raises(StoreError, match=r"cannot write cas/.*: File too large"):
            store.put_media(b"x" * 10_000, "png")
        with pytest.raises(StoreError, match="cannot write builds/b/part: File too large"):
            store.commit_part("builds/b/part", b"x" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert store.keys("cas") == {} and store.keys("builds") == {}


def test_a_silent_store_is_given_up_within_its_patience(faulty: Faulty) -> None:
    """Catches a shard that waits for ever for a server that takes connections and says nothing."""
    faults = Faults()
    store = faulty(faults)
    store.probe()
    faults.choose = lambda method, path, headers: "hang"
    started = time.monotonic()
    with pytest.raises(StoreError, match="cannot read"):
        store.find("builds/b/part")
    assert time.monotonic() - started < 60
