"""Re-reads a whole build and says what is wrong: altered or missing bytes, lost or doubled items, broken links,
labels that are off. One block of trajectories at a time: nothing in one block refers to another.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np

from tasks.build import Build, load_build
from tasks.config.stages import PhysicsPose
from tasks.errors import PamError, StoreError
from tasks.footers import Footers
from tasks.ids import sha256_hex
from tasks.items import items_of
from tasks.rows import rows_of
from tasks.snapshot import PartEntry, Snapshot, read_snapshot
from tasks.stage import Row
from tasks.steps import Step, steps_of
from tasks.store import Store
from tasks.tables.parts import read_part

REPROJECTION_PX = 0.1
FINDINGS_PER_KIND = 20

Light = dict[str, list[Row]]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: of what kind, where, and what exactly."""

    kind: str
    where: str
    what: str


@dataclass(frozen=True)
class Verdict:
    """What a verification looked at, and what it found."""

    parts: int
    rows: int
    media: int
    findings: tuple[Finding, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


@dataclass
class _Reading:
    """What is kept while a block is read: no row's bulk, only ids, links, and the media that rows refer to."""

    on_progress: Callable[[int, int], None] | None = None
    rows: Light = field(default_factory=dict)
    media: dict[str, tuple[str, int | None, str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    parts: int = 0
    rows_read: int = 0
    media_read: int = 0
    total: int = 0

    def tell(self) -> None:
        """Reports how many files were read, of how many known so far."""
        if self.on_progress is not None:
            self.on_progress(self.parts + self.media_read, self.total)

    def find(self, kind: str, where: str, what: str) -> None:
        """Notes a finding; of one kind no more than a person reads."""
        if sum(finding.kind == kind for finding in self.findings) < FINDINGS_PER_KIND:
            self.findings.append(Finding(kind, where, what))


LINKS = (
    "trajectory_id",
    "target_id",
    "candidate_id",
    "rank",
    "kept",
    "index",
    "frame",
    "mpjpe_mm",
    "num_frames",
    "side",
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
        return Verdict(0, 0, 0, tuple(reading.findings))
    reading.total = sum(len(parts) for parts in snapshot.steps.values())
    for step in steps_of(build.config):
        if step.name not in snapshot.steps:
            missing = f"lists no parts of step {step.name}; run the build again"
            reading.find("unfinished", build.key("snapshot.json"), missing)
    blocks = _blocks(build, snapshot, reading)
    for block in sorted(blocks):
        _verify_block(build, snapshot, blocks[block], reading)
    _check_trajectories(build, blocks, reading)
    return Verdict(reading.parts, reading.rows_read, reading.media_read, tuple(reading.findings))


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
            with suppress(PamError):
                place = footers.of({key: size})[key].place if size else place
            block = blocks.setdefault(place[0], _Block())
            block.entries.setdefault(step, []).append(entry)
            if step == "pose" and place[2] > place[1]:
                block.first = place[1] if block.first is None else min(block.first, place[1])
                block.last = max(block.last, place[2])
    return blocks


def _verify_block(build: Build, snapshot: Snapshot, block: _Block, reading: "_Reading") -> None:
    reading.rows, reading.media = {}, {}
    for step in steps_of(build.config):
        for entry in block.entries.get(step.name, ()):
            _read_part(build, step, entry, reading)
            reading.tell()
    reading.rows_read += sum(len(found) for found in reading.rows.values())
    reading.total += len(reading.media)
    _check_links(build, reading)
    _check_completeness(build, snapshot, block, reading)
    for uri, (digest, size, where) in sorted(reading.media.items()):
        _check_media(build.store, uri, digest, size, where, reading)
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
    if table.num_rows != entry.rows:
        reading.find("wrong count", key, f"holds {table.num_rows} rows, the snapshot says {entry.rows}")
    light = reading.rows.setdefault(step.name, [])
    for row in rows_of(table):
        _note_media(step, row, key, reading)
        if step.name == "samples":
            _check_labels(row, key, reading)
        light.append(
            {name: row.get(name) for name in ("item_id", "parent_id", "status", *LINKS) if name in row} | {"part": key}
        )


def _note_media(step: Step, row: Row, key: str, reading: _Reading) -> None:
    for what in (*step.table.media, *(("video",) if step.name == "samples" else ())):
        uri = row.get(f"{what}_uri")
        if uri is not None:
            size = row.get(f"{what}_bytes")
            reading.media.setdefault(uri, (row[f"{what}_sha256"], size, f"{key} row {row['item_id']}"))


def _check_media(store: Store, uri: str, digest: str, size: int | None, where: str, reading: _Reading) -> None:
    try:
        data = store.find(uri)
    except StoreError as error:
        if "is no key" not in str(error):
            raise
        reading.find("bad media key", where, str(error))
        return
    if data is None:
        reading.find("missing media", uri, f"is not there; {where} refers to it")
    elif sha256_hex(data) != digest or (size is not None and len(data) != size):
        reading.find("altered media", uri, f"its bytes are not those that {where} states")


def _check_labels(row: Row, key: str, reading: _Reading) -> None:
    """The labels of a frame agree with themselves: the joints in the picture are the camera's projection of those in
    space.
    """
    if row["status"] != "ok":
        return
    off = reprojection_error_px(row)
    if off is None:
        reading.find("missing label", key, f"row {row['item_id']} lacks K, xyz or uv")
    elif not off <= REPROJECTION_PX:
        reading.find(
            "label off", key, f"row {row['item_id']}: uv is {off:.2f} px from K xyz, at most {REPROJECTION_PX} is right"
        )


def reprojection_error_px(row: Mapping[str, Any]) -> float | None:
    """Greatest distance of `uv` from the projection of `xyz` by `K`; None where one of them is missing."""
    if any(row.get(name) is None for name in ("K", "xyz", "uv")):
        return None
    intrinsics, joints, seen = (np.asarray(row[name], dtype=np.float64) for name in ("K", "xyz", "uv"))
    if intrinsics.size != 9 or joints.size != 63 or seen.size != 42:
        return float("inf")
    projected = joints.reshape(21, 3) @ intrinsics.reshape(3, 3).T
    with np.errstate(divide="ignore", invalid="ignore"):
        distances = np.linalg.norm(projected[:, :2] / projected[:, 2:] - seen.reshape(21, 2), axis=1)
    return float(np.max(distances)) if np.isfinite(distances).all() else float("inf")


def _check_links(build: Build, reading: _Reading) -> None:
    known = {step: {row["item_id"] for row in rows} for step, rows in reading.rows.items()}
    for step in steps_of(build.config):
        rows = reading.rows.get(step.name, [])
        twice = [found for found, count in Counter(row["item_id"] for row in rows).items() if count > 1]
        for found in twice:
            reading.find("doubled row", step.name, f"item_id {found} stands more than once")
        parent = PARENT_TABLE.get(step.name)
        for row in rows:
            if parent is not None and row["parent_id"] not in known.get(parent, ()):
                reading.find(
                    "dangling link",
                    row["part"],
                    f"row {row['item_id']}: parent {row['parent_id']} is in no row of {parent}",
                )
            for column, table in (("trajectory_id", "pose"), ("candidate_id", "appearance")):
                if row.get(column) is not None and row[column] not in known.get(table, ()):
                    reading.find(
                        "dangling link",
                        row["part"],
                        f"row {row['item_id']}: {column} {row[column]} is in no row of {table}",
                    )


PARENT_TABLE = {
    "appearance": "pose",
    "score-candidates": "appearance",
    "select-candidates": "score-candidates",
    "video": "appearance",
    "score-clips": "video",
    "select-clips": "score-clips",
    "samples": "video",
}


def _check_completeness(build: Build, snapshot: Snapshot, block: _Block, reading: _Reading) -> None:
    """Every item that should be in the block is there, and no other."""

    def ok_rows(name: str, columns: tuple[str, ...]) -> Iterator[Row]:
        del columns
        for row in reading.rows.get(name, ()):
            if row["status"] == "ok" or name.startswith("select-"):
                yield row

    for step in steps_of(build.config):
        if step.name not in snapshot.steps or (step.name == "pose" and not isinstance(build.config.pose, PhysicsPose)):
            # recordings need not lie where they lay when the build was made
            continue
        rows = reading.rows.get(step.name, [])
        if step.reduce:
            expected = {row["item_id"] for row in ok_rows(step.parents[0], ())}
            _compare(step.name, expected, {row["parent_id"] for row in rows}, reading)
            continue
        items = items_of(build, step, ok_rows, (block.first or 0, block.last))
        if step.table.rows == "one":
            _compare(step.name, {item.item_id for item in items}, {row["item_id"] for row in rows}, reading)
        else:
            _compare(step.name, {item.parent_id for item in items}, {row["parent_id"] for row in rows}, reading)
            _check_frames(step.name, rows, reading)


def _compare(step: str, expected: set[str], found: set[str], reading: _Reading) -> None:
    for lost in sorted(expected - found):
        reading.find("lost item", step, f"{lost} has no row")
    for extra in sorted(found - expected):
        reading.find("stray item", step, f"{extra} has a row, and nothing before it asks for one")


def _check_frames(step: str, rows: Sequence[Row], reading: _Reading) -> None:
    frames: dict[tuple[str, str], list[int]] = {}
    for row in rows:
        if row["status"] == "ok":
            frames.setdefault((row["parent_id"], row.get("side") or ""), []).append(row["frame"])
    lengths = {row["item_id"]: row["num_frames"] for row in reading.rows.get("video", ())}
    for (clip, _), found in frames.items():
        if sorted(found) != list(range(lengths.get(clip) or 0)):
            reading.find(
                "lost frame",
                step,
                f"clip {clip} has {lengths.get(clip)} frames and {len(set(found))} of them are labelled",
            )
