"""Re-reads a whole build and says what is wrong: altered or missing bytes, lost or doubled items, broken links,
labels that are off. One block of trajectories at a time: nothing in one block refers to another.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc

from tasks.build import Build, load_build
from tasks.config.stages import PhysicsPose
from tasks.errors import PamError, StoreError
from tasks.footers import Footers
from tasks.ids import canonical_json, sha256_hex
from tasks.rows import rows_of
from tasks.snapshot import PartEntry, Snapshot, encode_snapshot, read_snapshot
from tasks.stage import Row
from tasks.steps import Step, steps_of
from tasks.store import Store
from tasks.tables.parts import read_part
from tasks.tables.summary import STATUSES
from tasks.verification.findings import Finding, Findings, Verdict
from tasks.verification.labels import Truth, check_labels, truth_of
from tasks.verification.links import Light, check_completeness, check_links
from tasks.verification.pictures import Shown, check_masks

__all__ = ["Finding", "Verdict", "verify"]


@dataclass
class _Reading:
    """What is kept while a block is read: no row's bulk, only ids, links, and the media that rows refer to."""

    on_progress: Callable[[int, int], None] | None = None
    rows: Light = field(default_factory=dict)
    media: dict[str, tuple[str, int | None, str]] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    truths: dict[str, Truth] = field(default_factory=dict)
    shown: Shown = field(default_factory=Shown)
    maps: dict[str, tuple[str, tuple[str, str | None]]] = field(default_factory=dict)
    parts: int = 0
    rows_read: int = 0
    media_read: int = 0
    total: int = 0

    def tell(self) -> None:
        """Reports how many files were read, of how many known so far."""
        if self.on_progress is not None:
            self.on_progress(self.parts + self.media_read, self.total)

    def find(self, kind: str, where: str, what: str) -> None:
        """Notes a finding."""
        self.findings.find(kind, where, what)


LINKS = (
    "trajectory_id",
    "target_id",
    "candidate_id",
    "rank",
    "kept",
    "index",
    "mpjpe_mm",
    "num_frames",
)


def verify(store: Store, build_id: str, on_progress: Callable[[int, int], None] | None = None) -> Verdict:
    """Re-reads everything the build's snapshot lists. `on_progress` is told how many of how many files were read.

    Raises ConfigError when there is no such build, and StoreError when the store does not answer.
    """
    build = load_build(store, build_id)
    reading = _Reading(on_progress)
    try:
        snapshot = read_snapshot(store, build_id)
    except PamError as error:
        snapshot = None
        reading.find("snapshot", build.key("snapshot.json"), str(error))
    if snapshot is None:
        reading.find("unfinished", build.key("snapshot.json"), "is not there: the build is not finished; run it again")
        return Verdict(0, 0, 0, tuple(reading.findings.found))
    if not _check_head(build, snapshot, reading):
        return Verdict(0, 0, 0, tuple(reading.findings.found))
    reading.total = sum(len(parts) for parts in snapshot.steps.values())
    for step in steps_of(build.config):
        if step.name not in snapshot.steps:
            missing = f"lists no parts of step {step.name}; run the build again"
            reading.find("unfinished", build.key("snapshot.json"), missing)
    blocks = _blocks(build, snapshot, reading)
    for block in sorted(blocks):
        _verify_block(build, snapshot, blocks[block], reading)
    _check_trajectories(build, blocks, reading)
    return Verdict(reading.parts, reading.rows_read, reading.media_read, tuple(reading.findings.found))


@dataclass
class _Block:
    """The parts of one block by step, and the range of trajectories that its poses hold."""

    entries: dict[str, list[PartEntry]] = field(default_factory=dict)
    first: int | None = None
    last: int = 0


def _blocks(build: Build, snapshot: Snapshot, reading: "_Reading") -> dict[int, _Block]:
    """The snapshot's parts by block, as their footers say; a part that cannot be read is block 0's trouble."""
    footers, blocks = Footers(build.store), dict[int, _Block]()
    for step, entries in snapshot.steps.items():
        for entry in entries:
            key, place = build.key(entry.path), (0, 0, 0)
            size = build.store.size(key)
            with suppress(PamError, ValueError):
                place = footers.of({key: size})[key].place if size else place
            block = blocks.setdefault(place[0], _Block())
            block.entries.setdefault(step, []).append(entry)
            if step == "pose" and place[2] > place[1]:
                block.first = place[1] if block.first is None else min(block.first, place[1])
                block.last = max(block.last, place[2])
    return blocks


def _verify_block(build: Build, snapshot: Snapshot, block: _Block, reading: "_Reading") -> None:
    reading.rows, reading.media, reading.maps = {}, {}, {}
    reading.truths, reading.shown = {}, Shown()
    for step in steps_of(build.config):
        for entry in block.entries.get(step.name, ()):
            _read_part(build, step, entry, reading)
            reading.tell()
    reading.total += len(reading.media)
    check_links(build, reading.rows, reading.findings)
    span = (block.first or 0, block.last)
    check_completeness(build, snapshot.steps.keys(), span, reading.rows, reading.findings)
    for uri, (digest, size, where) in sorted(reading.media.items()):
        data = _check_media(build.store, uri, digest, size, where, reading)
        if data is not None and uri in reading.maps:
            trajectory, sides = reading.maps[uri]
            check_masks(data, sides, reading.shown.hands.get(trajectory, {}), uri, reading.findings)
        reading.media_read += 1
        reading.tell()


def _check_trajectories(build: Build, blocks: Mapping[int, _Block], reading: "_Reading") -> None:
    """No block of trajectories is left out of the snapshot."""
    if not isinstance(build.config.pose, PhysicsPose):
        # recordings need not lie where they lay when the build was made
        return
    ends = [(block.first or 0, block.last) for _, block in sorted(blocks.items()) if block.last]
    if not ends:
        return
    gaps = [one[1] != other[0] for one, other in pairwise([(0, 0), *ends])]
    if any(gaps) or ends[-1][1] != import_module("tasks.pose").count(build):
        reading.find(
            "lost item", "pose", f"the parts hold trajectories {ends}: some of the build's are in none of them"
        )


def _read_part(build: Build, step: Step, entry: PartEntry, reading: _Reading) -> None:
    key = build.key(entry.path)
    reading.parts += 1
    data = build.store.find(key)
    if data is None:
        reading.find("missing part", key, "the snapshot lists it and it is not there")
        return
    if sha256_hex(data) != entry.sha256:
        reading.find("altered part", key, "its bytes do not have the hash that the snapshot states")
    try:
        table = read_part(data, key).table
    except PamError as error:
        reading.find("unreadable part", key, str(error))
        return
    if table.schema.names != step.table.schema.names:
        reading.find("wrong columns", key, f"are not those of the table {step.name}")
        return
    counts = Counter(table.column("status").to_pylist())
    if table.num_rows != entry.rows or any(counts[name] != entry.statuses.get(name, 0) for name in STATUSES):
        stated = f"{entry.rows} rows {dict(entry.statuses)}"
        reading.find("wrong count", key, f"holds {table.num_rows} rows {dict(counts)}, the snapshot says {stated}")
    if len(data) != entry.bytes:
        reading.find("wrong count", key, f"has {len(data)} bytes, the snapshot says {entry.bytes}")
    reading.rows_read += table.num_rows
    if step.table.rows == "many":
        _read_frames(table, key, reading)
        return
    light = reading.rows.setdefault(step.name, [])
    for row in rows_of(table):
        _note_media(step, row, key, reading)
        if step.name == "pose" and row["status"] == "ok":
            truth = truth_of(row)
            if truth is not None:
                reading.truths[row["item_id"]] = truth
                reading.maps[row["maps_uri"]] = (row["item_id"], (row["side"], row["second_side"]))
        light.append(
            {name: row.get(name) for name in ("item_id", "parent_id", "status", *LINKS) if name in row} | {"part": key}
        )


FRAME = ("item_id", "parent_id", "status", "trajectory_id", "candidate_id", "frame", "side")


def _read_frames(table: pa.Table, key: str, reading: _Reading) -> None:
    """A part of samples: its labels, its frames, and of each clip one row for the links."""
    check_labels(table, key, reading.truths, reading.shown, reading.findings)
    ids = table.column("item_id")
    if pc.count_distinct(ids).as_py() != len(ids):
        reading.find("doubled row", key, "an item_id stands there more than once")
    for uri, digest in set(zip(*(table.column(f"video_{one}").to_pylist() for one in ("uri", "sha256")), strict=True)):
        if uri is not None:
            reading.media.setdefault(uri, (digest, None, key))
    lengths = {row["item_id"]: row["num_frames"] for row in reading.rows.get("video", ())}
    frames: dict[tuple[str, str], list[int]] = {}
    clips: dict[str, Row] = {}
    for row in rows_of(table.select(list(FRAME))):
        clips.setdefault(row["parent_id"], {name: row[name] for name in FRAME[:5]} | {"part": key})
        if row["status"] == "ok":
            frames.setdefault((row["parent_id"], row["side"] or ""), []).append(row["frame"])
    reading.rows.setdefault("samples", []).extend(clips.values())
    for (clip, side), found in frames.items():
        if sorted(found) != list(range(lengths.get(clip) or 0)):
            labelled = f"{len(set(found))} of them are labelled" + (f" for its {side} hand" if side else "")
            reading.find("lost frame", key, f"clip {clip} has {lengths.get(clip)} frames and {labelled}")


def _differences(config: Mapping[str, object], subset: Mapping[str, object], above: str = "") -> Iterator[str]:
    """Names of the numbers that both hold and that differ; texts may be paths in one and hashes in the other."""
    for name in config.keys() & subset.keys():
        one, other = config[name], subset[name]
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            yield from _differences(one, other, f"{above}{name}.")
        elif isinstance(one, int | float) and isinstance(other, int | float) and one != other:
            yield f"{above}{name}"


def _note_media(step: Step, row: Row, key: str, reading: _Reading) -> None:
    for what in step.table.media:
        uri = row.get(f"{what}_uri")
        if uri is not None:
            size = row.get(f"{what}_bytes")
            reading.media.setdefault(uri, (row[f"{what}_sha256"], size, f"{key} row {row['item_id']}"))


def _check_head(build: Build, snapshot: Snapshot, reading: _Reading) -> bool:
    """The snapshot is spelled as it was written, for this build, and the configuration is the one that made it.

    False where ids cannot be known because the configuration is another.
    """
    key = build.key("snapshot.json")
    if build.store.read(key) != encode_snapshot(snapshot):
        reading.find("snapshot", key, "is not spelled as it was written: its sums or its text were altered")
    if snapshot.build_id != build.build_id:
        reading.find("snapshot", key, f"is that of build {snapshot.build_id}")
    text = canonical_json(build.subset).encode()
    if snapshot.config_sha256 != sha256_hex(text) or build.store.read(build.key("output.json")) != text:
        reading.find(
            "altered configuration", build.key("output.json"), "does not have the hash that the snapshot states"
        )
        return False
    for place in _differences(build.config.model_dump(mode="json"), build.subset):
        reading.find("altered configuration", build.key("config.yaml"), f"{place} is not that of output.json")
    return True


def _check_media(store: Store, uri: str, digest: str, size: int | None, where: str, reading: _Reading) -> bytes | None:
    """A medium's bytes, where they are what the row states."""
    try:
        data = store.find(uri)
    except StoreError as error:
        if "is no key" not in str(error):
            raise
        reading.find("bad media key", where, str(error))
        return None
    if data is None:
        reading.find("missing media", uri, f"is not there; {where} refers to it")
    elif sha256_hex(data) != digest or (size is not None and len(data) != size):
        reading.find("altered media", uri, f"its bytes are not those that {where} states")
    else:
        return data
    return None
