"""Garbage of a store: media that no row names, parts that a newer one replaced, what writers that died left behind, and
builds that somebody gives up. Found first, removed only when told to, and never while a build is at work.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import UInt64

from tasks.build import Build, load_build
from tasks.errors import ConfigError, PamError, StoreError, TableError
from tasks.ids import sha256_hex
from tasks.lease import removing
from tasks.plan import Planner
from tasks.snapshot import NAME, read_snapshot
from tasks.steps import steps_of
from tasks.store import Store

FOLDERS = tuple(f"{number:02x}" for number in range(256))

OnProgress = Callable[[int, int], None]


@dataclass
class Count:
    """Objects of one kind, and their bytes."""

    objects: int = 0
    bytes: int = 0

    def add(self, size: int) -> None:
        """One more."""
        self.objects += 1
        self.bytes += size


@dataclass(frozen=True)
class Garbage:
    """What was found, and removed where `removed`: media, replaced parts, leftovers, objects of given-up builds.
    `kept` are the media that rows name.
    """

    media: Count
    parts: Count
    leftovers: Count
    abandoned: Count
    kept: Count
    removed: bool

    @property
    def objects(self) -> int:
        """Everything found."""
        return self.media.objects + self.parts.objects + self.leftovers.objects + self.abandoned.objects


def collect_garbage(
    store: Store, abandoned: Sequence[str] = (), *, remove: bool = False, on_progress: OnProgress | None = None
) -> Garbage:
    """Counts the garbage of a store, and removes it where told to. `on_progress` is told how much was looked at.

    Keeps 8 bytes for each medium that rows name. Whatever cannot be read stops it: nothing is removed on a guess.

    Raises:
        ConfigError: a build to be given up is not there, or is published.
        StoreError: a build is at work in the store (only where something shall be removed).
        TableError: a part is damaged, so that what it names is not known.
    """
    for name in abandoned:
        load_build(store, name)
        if store.exists(f"builds/{name}/{NAME}"):
            raise ConfigError(f"--abandoned {name}: is published; only builds that were never finished are given up")
    with removing(store) if remove else nullcontext():
        garbage = Garbage(Count(), Count(), Count(), Count(), Count(), remove)
        _give_up(store, abandoned, garbage)
        named = _named_media(store, set(abandoned), garbage)
        for number, folder in enumerate(FOLDERS):
            for key, size in store.keys(f"cas/{folder}").items():
                if _known(named, key):
                    garbage.kept.add(size)
                    continue
                garbage.media.add(size)
                if remove:
                    store.delete(key)
            if on_progress is not None:
                on_progress(number + 1, len(FOLDERS))
        for name, size in store.leftovers().items():
            garbage.leftovers.add(size)
            if remove:
                store.drop_leftover(name)
    return garbage


def _give_up(store: Store, abandoned: Sequence[str], garbage: Garbage) -> None:
    """The objects of given-up builds; what says that a build is there goes last, so that a stop half-way is mended."""
    for name in abandoned:
        last = (f"builds/{name}/config.yaml", f"builds/{name}/output.json")
        keys = store.keys(f"builds/{name}")
        for key in (*(key for key in keys if key not in last), *(key for key in last if key in keys)):
            garbage.abandoned.add(keys[key])
            if garbage.removed:
                store.delete(key)


def _named_media(store: Store, abandoned: set[str], garbage: Garbage) -> UInt64[np.ndarray, " N"]:
    """The first 64 bits of the hash of every key that a row of a kept part names, sorted.

    Two media that share them are both kept: the mistake is on the safe side.
    """
    chunks: list[UInt64[np.ndarray, " N"]] = []
    for name in _builds(store):
        if name in abandoned:
            continue
        replaced = _replaced_parts(store, name)
        for key, size in store.keys(f"builds/{name}/manifests").items():
            if not key.endswith(".parquet"):
                continue
            if key in replaced:
                garbage.parts.add(size)
                if garbage.removed:
                    store.delete(key)
                continue
            chunks.append(_hashes(_uris(store, key)))
    found = np.concatenate(chunks) if chunks else np.zeros(0, np.uint64)
    return np.unique(found)


def _builds(store: Store) -> tuple[str, ...]:
    """Every folder of a build, whether or not its configuration is still there."""
    return tuple(sorted({key.split("/")[1] for key in store.keys("builds")}))


def _replaced_parts(store: Store, name: str) -> frozenset[str]:
    """Parts of a published build that a retry, or another cut into shards, left without a reader.

    Only where nothing is to be done: rows of replaced parts are taken over while a build is completed.
    """
    if not store.exists(f"builds/{name}/config.yaml"):
        return frozenset()
    build = load_build(store, name)
    snapshot = read_snapshot(store, name)
    planned = _planned_parts(build)
    if snapshot is None or planned is None:
        return frozenset()
    listed = {build.key(entry.path) for entries in snapshot.steps.values() for entry in entries}
    every = {key for key in store.keys(build.key("manifests")) if key.endswith(".parquet")}
    return frozenset(every - listed - planned)


def _planned_parts(build: Build) -> set[str] | None:
    """Keys of the parts of a finished build; None where something is to be done, or the plan cannot be made."""
    planner = Planner(build)
    try:
        return {key for step in steps_of(build.config) for key in planner.parts(step.name)}
    except StoreError:
        raise
    except PamError:
        return None


def _uris(store: Store, key: str) -> Iterator[str]:
    """Every `<what>_uri` in a part. Raises TableError for one that cannot be read."""
    try:
        file = pq.ParquetFile(pa.BufferReader(store.read(key)))
        names = [name for name in file.schema_arrow.names if name.endswith("_uri")]
        for batch in file.iter_batches(columns=names) if names else ():
            for column in batch.columns:
                yield from (uri for uri in column.to_pylist() if uri is not None)
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"{key}: cannot be read, so what it names is not known; run pam verify") from error


def _hashes(uris: Iterable[str]) -> UInt64[np.ndarray, " N"]:
    return np.unique(np.fromiter((_hash(uri) for uri in uris), np.uint64))


def _hash(key: str) -> int:
    return int(sha256_hex(key)[:16], 16)


def _known(named: UInt64[np.ndarray, " N"], key: str) -> bool:
    wanted = np.uint64(_hash(key))
    place = int(np.searchsorted(named, wanted))
    return place < len(named) and bool(named[place] == wanted)
