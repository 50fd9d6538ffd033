"""A published build, read part by part: only the columns that are asked for, and never more than one part in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cached_property

import pyarrow as pa

from tasks.build import Build, load_build
from tasks.errors import PamError, TableError
from tasks.ids import sha256_hex
from tasks.report.data import StageTime, StepCount
from tasks.snapshot import PartEntry, Snapshot, read_snapshot
from tasks.store import Store
from tasks.tables.parts import read_part

PEAKS = ("peak_rss_bytes", "peak_gpu_bytes")


class NotPublishedError(PamError):
    """A build without a snapshot: there is nothing yet that a reader may trust."""


class PublishedBuild:
    """A build and its snapshot. Every part is checked against the snapshot's hash when it is read."""

    def __init__(self, store: Store, build_id: str) -> None:
        """Raises NotPublishedError for a build without a snapshot, and ConfigError where there is no such build."""
        self.store = store
        self.build: Build = load_build(store, build_id)
        snapshot = read_snapshot(store, build_id)
        if snapshot is None:
            raise NotPublishedError(f"build {build_id}: has no snapshot yet; finish it with the command that began it")
        self.snapshot: Snapshot = snapshot
        self._metadata: dict[str, dict[str, str]] = {}

    @cached_property
    def config_yaml(self) -> str:
        """The resolved configuration as it was written when the build began."""
        return self.store.read(self.build.key("config.yaml")).decode("utf-8", "replace")

    def counts(self) -> tuple[StepCount, ...]:
        """Rows by status for every step, in order."""
        return tuple(
            StepCount(step, *(self.snapshot.rows(step, status) for status in ("ok", "filtered", "failed")))
            for step in self.snapshot.steps
        )

    def tables(self, step: str, columns: Sequence[str]) -> Iterator[pa.Table]:
        """These columns of each part of a step, in order; nothing for a step that the build does not have.

        Raises TableError for a part whose bytes are not those of the snapshot.
        """
        for entry in self.snapshot.steps.get(step, ()):
            yield self.table(entry, columns)

    def table(self, entry: PartEntry, columns: Sequence[str]) -> pa.Table:
        """These columns of one part. Raises TableError when it is missing or not what the snapshot states."""
        key = self.build.key(entry.path)
        data = self.store.find(key)
        if data is None:
            raise TableError(f"{key}: is not there, and the snapshot lists it; look with `pam verify`")
        if sha256_hex(data) != entry.sha256:
            raise TableError(f"{key}: its bytes are not those of the snapshot; look with `pam verify`")
        part = read_part(data, key, columns)
        self._metadata[entry.path] = part.metadata
        return part.table

    def license_tags(self) -> tuple[str, ...]:
        """Every licence tag of the parts read so far."""
        found = {tag for one in self._metadata.values() for tag in json.loads(one.get("pam.licenses", "[]"))}
        return tuple(sorted(found))

    def models(self) -> dict[str, str]:
        """Every model of the parts read so far, with its revision or hash."""
        found: dict[str, str] = {}
        for path in sorted(self._metadata):
            found.update(json.loads(self._metadata[path].get("pam.models", "{}")))
        return dict(sorted(found.items()))

    def stage_times(self) -> tuple[StageTime, ...]:
        """What each step took, from the timings beside the parts; a lost or damaged one is left out."""
        times = []
        for step, entries in self.snapshot.steps.items():
            found = [one for one in (self._timing(step, entry) for entry in entries) if one is not None]
            if found:
                shards, items = len(found), sum(int(one["items"]) for one in found)
                wall_s, gpu_s = (sum(one[name] for one in found) for name in ("wall_s", "gpu_s"))
                rss, gpu = (int(max(one[name] for one in found)) for name in PEAKS)
                times.append(StageTime(step, shards, items, wall_s, gpu_s, rss, gpu))
        return tuple(times)

    def _timing(self, step: str, entry: PartEntry) -> dict[str, float] | None:
        shard = entry.path.rsplit("/", 1)[-1].removesuffix(".parquet")
        data = self.store.find(self.build.timings_key(step, shard))
        try:
            plain = json.loads(data or b"")
            peaks = {name: float(plain.get(name, 0)) for name in PEAKS}
            return {name: float(plain[name]) for name in ("items", "wall_s", "gpu_s")} | peaks
        except (ValueError, KeyError, TypeError):
            return None
