"""Labels as records of fixed size in a local file: any frame is one read at a known place, and nothing stays in memory.

Parquet keeps rows in compressed groups: one frame out of it costs thousands. Each part is therefore turned once into
records, named by the part's hash, so that epochs, processes and later runs share them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jaxtyping import Int64

from pam_models.readers.errors import ReadError

RECORDS_VERSION = 1
ROWS_AT_ONCE = 512

SHAPES: dict[str, tuple[int, ...]] = {
    "K": (3, 3),
    "T_world_cam": (4, 4),
    "xyz": (21, 3),
    "uv": (21, 2),
    "pose_flat": (48,),
    "betas": (10,),
    "transl": (3,),
    "bbox_xyxy": (4,),
    "object_pose": (4, 4),
}
NEEDED = ("xyz", "uv", "K")
NUMBERS = ("mpjpe_mm", "pa_mpjpe_mm", "error_2d_px")
LABELS = np.dtype(
    [("frame", np.int32), ("joints_in_image", np.int32), ("detected", np.bool_), ("joint_visible", np.bool_, (21,))]
    + [(name, np.float32) for name in NUMBERS]
    + [(name, np.float32, shape) for name, shape in SHAPES.items()],
    align=True,
)


@dataclass(frozen=True)
class RecordFile:
    """One part's labelled frames as records of `dtype`, in the order of the part; rows that are not `ok` left out."""

    path: Path
    dtype: np.dtype[np.void]
    rows: int

    def read(self, first: int, count: int) -> np.ndarray:
        """`count` records from `first` on, as a structured array of their own.

        Raises:
            ReadError: the file was removed or shortened meanwhile.
        """
        size = self.dtype.itemsize
        found = np.empty(count, self.dtype)
        try:
            handle = os.open(self.path, os.O_RDONLY)
            try:
                got = os.preadv(handle, [found.view(np.uint8).data], first * size)
            finally:
                os.close(handle)
        except OSError as error:
            raise ReadError(f"{self.path}: cannot be read: {error.strerror}; open the build again") from error
        if got != count * size:
            raise ReadError(f"{self.path}: is shorter than it was written; remove it and open the build again")
        return found


def vertices_dtype(count: int) -> np.dtype[np.void]:
    """Records of a hand's surface: V points, metres, camera axes."""
    return np.dtype([("vertices", np.float32, (count, 3))])


def record_path(folder: Path, part_sha256: str, dtype: np.dtype[np.void]) -> Path:
    """Where the records of a part lie; another version or another set of fields is another file."""
    fields = hashlib.sha256(f"{RECORDS_VERSION}{dtype.descr}".encode()).hexdigest()[:8]
    return folder / "labels" / f"{part_sha256}-{fields}.records"


def write_records(part: bytes, where: str, path: Path, dtype: np.dtype[np.void]) -> None:
    """Turns a part (its Parquet bytes) into records, at one stroke. Raises ReadError where a column does not fit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as stream:
            for table in read_rows(part, where, [*(dtype.names or ()), "status", "item_id"]):
                stream.write(_records(table, where, dtype).view(np.uint8).data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_rows(part: bytes, where: str, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The `ok` rows of a part, a few hundred at a time, with these columns. Raises ReadError for what is no part."""
    try:
        file = pq.ParquetFile(pa.BufferReader(part))
        missing = [name for name in columns if name not in file.schema_arrow.names]
        if missing:
            raise ReadError(f"{where}: has no column {missing[0]}; it was written by another version of pam")
        for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=list(columns)):
            table = pa.Table.from_batches([batch])
            yield table.filter(pc.equal(table.column("status"), "ok"))
    except (pa.ArrowException, OSError) as error:
        raise ReadError(f"{where}: is not a readable Parquet file ({str(error).splitlines()[0]})") from error


def _records(table: pa.Table, where: str, dtype: np.dtype[np.void]) -> np.ndarray:
    records = np.zeros(table.num_rows, dtype)
    for name in dtype.names or ():
        column = table.column(name).combine_chunks()
        shape = dtype[name].shape
        if shape:
            records[name] = _lists(column, shape, where, name, table)
        elif dtype[name] == np.bool_:
            records[name] = pc.fill_null(column, False).to_numpy(zero_copy_only=False)
        elif dtype[name] == np.float32:
            records[name] = column.to_numpy(zero_copy_only=False)
        else:
            records[name] = _whole(column, where, name)
    return records


def _whole(column: pa.Array, where: str, name: str) -> np.ndarray:
    if column.null_count and name == "frame":
        raise ReadError(f"{where}: a row is ok and has no frame number")
    return np.asarray(pc.fill_null(column, 0).to_numpy(zero_copy_only=False))


def _lists(column: pa.Array, shape: tuple[int, ...], where: str, name: str, table: pa.Table) -> np.ndarray:
    """Lists of one length as an array; a list that is null is NaN (or False), which joints and cameras must not be."""
    wanted = int(np.prod(shape))
    lengths = np.asarray(pc.fill_null(pc.list_value_length(column), wanted).to_numpy(zero_copy_only=False))
    bad: Int64[np.ndarray, " n"] = np.flatnonzero(lengths != wanted)
    if bad.size:
        row = table.column("item_id")[int(bad[0])].as_py()
        raise ReadError(f"{where}: row {row}: {name} holds {lengths[bad[0]]} values; {wanted} would be right")
    if column.null_count and name in NEEDED:
        row = table.column("item_id")[int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])].as_py()
        raise ReadError(f"{where}: row {row}: is ok and has no {name}")
    values = pc.list_flatten(column).to_numpy(zero_copy_only=False)
    if not column.null_count:
        return np.asarray(values).reshape(len(column), *shape)
    given = np.asarray(column.is_valid().to_numpy(zero_copy_only=False))
    filled = (
        np.full((len(column), *shape), np.nan, np.float32)
        if values.dtype != np.bool_
        else np.zeros((len(column), *shape), np.bool_)
    )
    filled[given] = np.asarray(values).reshape(-1, *shape)
    return filled
