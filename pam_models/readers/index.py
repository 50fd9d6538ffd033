"""Where every selected frame of a build is: which clip, which record, checked against the snapshot's hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from jaxtyping import Bool, Int32, Int64

from pam_models.readers.errors import ReadError
from pam_models.readers.manifest import PartEntry, Snapshot, parse_snapshot
from pam_models.readers.place import Place
from pam_models.readers.records import LABELS, RecordFile, read_rows, record_path, vertices_dtype, write_records
from pam_models.readers.selection import COLUMNS, Selection, Tally

CLIP_COLUMNS = (
    "clip_id", "candidate_id", "trajectory_id", "video_uri", "video_sha256", "split", "hand_model", "tip_set",
    "object_name", "object_class_id", "pose_is_approximate", "license_tags",
)  # fmt: skip
_LIGHT = tuple(dict.fromkeys((*CLIP_COLUMNS, *COLUMNS, "frame", "status", "item_id")))


def open_snapshot(build: str, options: Mapping[str, Any] | None = None) -> tuple[Place, str, Snapshot]:
    """The store, the build's key in it, and the snapshot, of an address <store>/builds/<build>.

    Raises:
        ReadError: the address is of another form, or there is no snapshot, or it is damaged.
    """
    store, _, name = build.rstrip("/").rpartition("/builds/")
    if not store or not name or "/" in name:
        raise ReadError(f"{build}: is no build; one lies at <store>/builds/<build>, as `pam generate` printed it")
    place = Place(store, options)
    key = f"builds/{name}"
    data = place.read(f"{key}/snapshot.json", "a build has one when it is finished; run its `pam generate` again")
    return place, key, parse_snapshot(data, place.address(f"{key}/snapshot.json"))


def read_part(place: Place, build_key: str, entry: PartEntry) -> bytes:
    """A part's bytes. Raises ReadError when it is missing or its bytes are not those of the snapshot."""
    key = f"{build_key}/{entry.path}"
    data = place.read(key, "the snapshot lists it; look with `pam verify`")
    if hashlib.sha256(data).hexdigest() != entry.sha256:
        raise ReadError(f"{place.address(key)}: was altered: its bytes are not those of the snapshot; see `pam verify`")
    return data


@dataclass(frozen=True)
class ClipRef:
    """A clip: where it is, how many frames its labels speak of (None: not known), and what holds for all of them."""

    uri: str
    sha256: str
    num_frames: int | None
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class FrameIndex:
    """The selected frames in order of part, clip and frame; a frame with two hands stands there twice.

    `row_clip`, `row_frame` and `row_record` have one entry for each row, `clip_start` one for each clip and the end.
    """

    place: Place
    snapshot: Snapshot
    files: tuple[RecordFile, ...]
    vertex_files: tuple[RecordFile, ...]
    clips: pa.Table
    clip_file: Int32[np.ndarray, " C"]
    clip_frames: Int32[np.ndarray, " C"]
    clip_start: Int64[np.ndarray, " C+1"]
    row_clip: Int32[np.ndarray, " N"]
    row_frame: Int32[np.ndarray, " N"]
    row_record: Int32[np.ndarray, " N"]
    row_is_right: Bool[np.ndarray, " N"]

    def __len__(self) -> int:
        """N, the number of rows."""
        return len(self.row_clip)

    @property
    def num_clips(self) -> int:
        """C."""
        return int(self.clips.num_rows)

    def clip(self, number: int) -> ClipRef:
        """A clip by its number."""
        facts = {name: self.clips.column(name)[number].as_py() for name in CLIP_COLUMNS}
        return ClipRef(facts.pop("video_uri"), facts.pop("video_sha256"), int(self.clip_frames[number]), facts)

    def rows_of(self, clip: int) -> slice:
        """The rows of a clip."""
        return slice(int(self.clip_start[clip]), int(self.clip_start[clip + 1]))

    def labels(self, rows: slice | Int64[np.ndarray, " n"], clip: int) -> np.ndarray:
        """The label records of some rows of one clip."""
        return _gather(self.files[self.clip_file[clip]], self.row_record[rows])

    def stored_vertices(self, rows: slice | Int64[np.ndarray, " n"], clip: int) -> np.ndarray:
        """The stored surfaces (n, V, 3) of some rows of one clip. Raises ReadError where a row has none."""
        found = _gather(self.vertex_files[self.clip_file[clip]], self.row_record[rows])["vertices"]
        if np.isnan(found[:, 0, 0]).any():
            clip_id = self.clips.column("clip_id")[clip].as_py()
            raise ReadError(f'clip {clip_id}: a frame has no stored vertices; ask for vertices="computed"')
        return np.asarray(found)


def open_index(
    build: str,
    selection: Selection,
    folder: Path,
    *,
    vertices: bool = False,
    options: Mapping[str, Any] | None = None,
) -> FrameIndex:
    """Reads the snapshot and every part of its samples, and turns new parts into records below `folder`.

    Every part is read and its hash compared each time, in a folder and in a bucket alike.

    Raises:
        ReadError: no such build, a part missing, altered or unreadable, labels that do not fit.
        EmptySelectionError: nothing is left.
    """
    place, key, snapshot = open_snapshot(build, options)
    entries = [entry for entry in snapshot.steps.get("samples", ()) if entry.statuses.get("ok", entry.rows)]
    tally = Tally(selection)
    parts: list[_Part] = []
    for entry in entries:
        data = read_part(place, key, entry)
        parts.append(_read(data, place.address(f"{key}/{entry.path}"), entry, folder, vertices, tally))
    tally.refuse_nothing(place.address(key))
    return _join(place, snapshot, [part for part in parts if len(part.row_clip)])


@dataclass(frozen=True)
class _Part:
    labels: RecordFile
    surface: RecordFile | None
    clips: pa.Table
    clip_frames: Int32[np.ndarray, " C"]
    row_clip: Int32[np.ndarray, " N"]
    row_frame: Int32[np.ndarray, " N"]
    row_record: Int32[np.ndarray, " N"]
    row_is_right: Bool[np.ndarray, " N"]


def _read(data: bytes, where: str, entry: PartEntry, folder: Path, vertices: bool, tally: Tally) -> _Part:
    light = pa.concat_tables(list(read_rows(data, where, _LIGHT)))
    codes = pc.dictionary_encode(light.column("clip_id").combine_chunks()).indices.to_numpy()
    frames = light.column("frame").to_numpy()
    records = np.arange(light.num_rows, dtype=np.int32)
    order = np.lexsort((records, frames, codes))
    firsts = order[np.searchsorted(codes[order], np.arange(codes.max(initial=-1) + 1))]
    clip_frames = np.zeros(len(firsts), np.int32)
    np.maximum.at(clip_frames, codes, frames + 1)
    order = order[tally.keep(light)[order]]
    used, row_clip = np.unique(codes[order], return_inverse=True)
    is_right = pc.equal(light.column("side"), "right").to_numpy()
    return _Part(
        _records(data, where, entry, folder, LABELS, light.num_rows),
        _records(data, where, entry, folder, _surface_of(data, where), light.num_rows) if vertices else None,
        light.select(CLIP_COLUMNS).take(firsts[used]),
        clip_frames[used],
        row_clip.astype(np.int32),
        frames[order].astype(np.int32),
        records[order],
        np.asarray(is_right)[order],
    )


def _surface_of(data: bytes, where: str) -> np.dtype[np.void]:
    for table in read_rows(data, where, ["vertices", "status"]):
        lengths = pc.drop_null(pc.list_value_length(table.column("vertices")))
        if len(lengths):
            return vertices_dtype(int(lengths[0].as_py()) // 3)
    raise ReadError(f'{where}: no row has stored vertices; ask for vertices="computed"')


def _records(
    data: bytes, where: str, entry: PartEntry, folder: Path, dtype: np.dtype[np.void], rows: int
) -> RecordFile:
    path = record_path(folder, entry.sha256, dtype)
    if not path.exists() or path.stat().st_size != rows * dtype.itemsize:
        write_records(data, where, path, dtype)
    return RecordFile(path, dtype, rows)


def _join(place: Place, snapshot: Snapshot, parts: list[_Part]) -> FrameIndex:
    sizes = [part.clips.num_rows for part in parts]
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
    row_clip = np.concatenate([part.row_clip + offset for part, offset in zip(parts, offsets, strict=False)])
    clips = pa.concat_tables([part.clips for part in parts]).combine_chunks()
    return FrameIndex(
        place=place,
        snapshot=snapshot,
        files=tuple(part.labels for part in parts),
        vertex_files=tuple(part.surface for part in parts if part.surface is not None),
        clips=clips,
        clip_file=np.repeat(np.arange(len(parts), dtype=np.int32), sizes),
        clip_frames=np.concatenate([part.clip_frames for part in parts]),
        clip_start=np.searchsorted(row_clip, np.arange(clips.num_rows + 1)).astype(np.int64),
        row_clip=row_clip.astype(np.int32),
        row_frame=np.concatenate([part.row_frame for part in parts]),
        row_record=np.concatenate([part.row_record for part in parts]),
        row_is_right=np.concatenate([part.row_is_right for part in parts]),
    )


def _gather(file: RecordFile, records: Int32[np.ndarray, " n"]) -> np.ndarray:
    """Records by number: one read over their span, which for the frames of one clip is the clip."""
    first = int(records.min())
    span = file.read(first, int(records.max()) - first + 1)
    wanted = records - first
    return span if len(wanted) == len(span) and (wanted == np.arange(len(span))).all() else span[wanted]
