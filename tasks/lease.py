"""Who is at work in a store: each build, and each removal of garbage, keeps an object there whose count goes up.

A lease is judged by whether its count changes while somebody watches, never by a clock: clocks of machines differ, and
jump. Both sides first take their lease and then look for the other, so two that begin together cannot both miss it.
"""

import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Literal

from tasks.errors import PamError, StoreError
from tasks.store import Store

FOLDER = "leases"
BEAT_S = 5.0
# So many beats must be missed before the holder of a lease counts as gone.
MISSED = 3
WAIT_S = 600.0

Kind = Literal["build", "gc"]


@contextmanager
def lease(store: Store, kind: Kind, name: str) -> Iterator[str]:
    """Holds a lease while the block runs, and gives its key. A beat that the store does not take is left out."""
    key = f"{FOLDER}/{kind}/{name}.{secrets.token_hex(4)}.json"
    ended = threading.Event()

    def beat(count: int) -> None:
        store.replace(key, json.dumps({"holder": name, "beat": count}).encode())

    def go_on() -> None:
        count = 0
        while not ended.wait(BEAT_S):
            count += 1
            with suppress(PamError):
                beat(count)

    beat(0)
    thread = threading.Thread(target=go_on, name=f"lease {name}", daemon=True)
    thread.start()
    try:
        yield key
    finally:
        ended.set()
        thread.join()
        with suppress(PamError):
            store.delete(key)


def holders(store: Store, kind: Kind, own: str = "") -> tuple[list[str], list[str]]:
    """Keys of the leases whose holders are at work, and of those whose holders are gone, but for one's own. Takes some
    beats where there are any; as soon as one is found to be at work, nobody is called gone.
    """
    before = _counts(store, kind, own)
    for _ in range(MISSED if before else 0):
        time.sleep(BEAT_S)
        now = _counts(store, kind, own)
        alive = sorted(key for key, data in now.items() if before.get(key) != data)
        if alive:
            return alive, []
    return [], sorted(before)


@contextmanager
def building(store: Store, build_id: str) -> Iterator[None]:
    """Holds a build's lease while the block runs, once no garbage is being removed from the store any more.

    Raises StoreError when that takes longer than ten minutes.
    """
    with lease(store, "build", build_id):
        waited_s = 0.0
        while True:
            alive, gone = holders(store, "gc")
            for key in gone:
                store.delete(key)
            if not alive:
                break
            if waited_s > WAIT_S:
                raise StoreError(f"store {store.uri}: pam gc is at work there ({alive[0]}); run the same command later")
            time.sleep(BEAT_S)
            waited_s += BEAT_S
        yield


@contextmanager
def removing(store: Store) -> Iterator[None]:
    """Holds the lease of a removal while the block runs. Leases of builds that are gone are removed.

    Raises StoreError while a build is at work in the store, or another removal.
    """
    with lease(store, "gc", "gc") as own:
        others, gone = holders(store, "gc", own)
        if others:
            raise StoreError(f"store {store.uri}: another pam gc is at work there ({others[0]}); wait for its end")
        for key in gone:
            store.delete(key)
        alive, gone = holders(store, "build")
        if alive:
            name = alive[0].rsplit("/", 1)[1].rsplit(".", 2)[0]
            raise StoreError(f"store {store.uri}: build {name} is at work there; nothing is removed until it ends")
        for key in gone:
            store.delete(key)
        yield


def _counts(store: Store, kind: Kind, own: str) -> dict[str, bytes]:
    found = {key: store.find(key) for key in store.keys(f"{FOLDER}/{kind}") if key != own}
    return {key: data for key, data in found.items() if data is not None}
