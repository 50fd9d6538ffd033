"""Who is at work in a store."""

import threading
import time

import pytest

import tasks.lease
from tasks.errors import StoreError
from tasks.lease import building, holders, lease, removing
from tasks.store import Store


@pytest.fixture(autouse=True)
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.lease, "BEAT_S", 0.05)


@pytest.fixture
def abandoned(store: Store) -> str:
    """The lease of a process that was killed."""
    key = "leases/build/dead.0123.json"
    store.replace(key, b'{"holder": "dead", "beat": 3}')
    return key


def test_holders_at_work_are_told_from_those_that_are_gone(store: Store, abandoned: str) -> None:
    """Catches a killed build that blocks the store for ever, and a living one that counts as dead."""
    assert holders(store, "build") == ([], [abandoned])
    with lease(store, "build", "busy") as key:
        assert holders(store, "build") == ([key], [])
    assert list(store.keys("leases")) == [abandoned]


def test_a_clock_that_jumps_changes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a lease that a wrong clock ends, or keeps alive for a year."""
    with lease(store, "build", "busy"):
        monkeypatch.setattr(time, "time", lambda: 4e9)
        assert holders(store, "build")[0]
        monkeypatch.setattr(time, "time", lambda: 0.0)
        with pytest.raises(StoreError, match="build busy is at work"), removing(store):
            pass


def test_a_build_waits_for_the_end_of_a_removal(store: Store) -> None:
    """Catches a build that uploads media while their absence from all rows is being looked for."""
    order: list[str] = []
    holding = threading.Event()

    def remove() -> None:
        with removing(store):
            holding.set()
            time.sleep(0.4)
            order.append("removed")

    thread = threading.Thread(target=remove)
    thread.start()
    holding.wait()
    with building(store, "b"):
        order.append("built")
    thread.join()
    assert order == ["removed", "built"] and store.keys("leases") == {}


def test_what_a_killed_removal_left_stops_nobody(store: Store) -> None:
    """Catches a store that no build can enter any more."""
    store.replace("leases/gc/gc.0123.json", b'{"holder": "gc", "beat": 1}')
    with building(store, "b"):
        assert list(store.keys("leases/gc")) == []


def test_a_removal_forgets_killed_builds_and_two_do_not_meet(store: Store, abandoned: str) -> None:
    """Catches leases that pile up, and two removals at once."""
    with removing(store):
        assert not store.exists(abandoned)
        with pytest.raises(StoreError, match="another pam gc is at work"), removing(store):
            pass
    assert store.keys("leases") == {}
