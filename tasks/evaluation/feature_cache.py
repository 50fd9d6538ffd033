"""Features of media, computed once: Parquet files in the store, by extractor, keyed by the medium's hash.

`features/<extractor id>/<part>.parquet`; a row is one array of one medium. Parts are immutable and shared by all builds
of a store. `context` is whatever else an extractor was given besides the medium, such as the frames it looked at.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jaxtyping import Float32

from tasks.errors import TableError
from tasks.ids import canonical_json, sha256_hex
from tasks.store import Store

FOLDER = "features"
SCHEMA = pa.schema(
    [
        pa.field("media_sha256", pa.string(), nullable=False),
        pa.field("context", pa.string(), nullable=False),
        pa.field("array", pa.string(), nullable=False),
        pa.field("shape", pa.list_(pa.int32()), nullable=False),
        pa.field("values", pa.list_(pa.float32()), nullable=False),
    ]
)
Arrays = dict[str, Float32[np.ndarray, "*shape"]]
Key = tuple[str, str]


class FeatureCache:
    """The cached features of one extractor. New ones are kept until `flush` writes them as one part."""

    def __init__(self, store: Store, extractor_id: str) -> None:
        """Reads which media are there. Raises TableError for a damaged part, StoreError when the store fails."""
        self._store = store
        self._folder = f"{FOLDER}/{extractor_id}"
        self._fresh: dict[Key, Arrays] = {}
        self._place: dict[Key, str] = {}
        self._open: tuple[str, pa.Table] | None = None
        for key in store.keys(self._folder):
            table = self._read(key, ["media_sha256", "context"])
            for found in zip(table.column(0).to_pylist(), table.column(1).to_pylist(), strict=True):
                self._place[found] = key

    def get(self, media_sha256: str, context: str = "") -> Arrays | None:
        """The arrays of a medium by name; None where they were never computed."""
        wanted = (media_sha256, context)
        if wanted in self._fresh:
            return self._fresh[wanted]
        key = self._place.get(wanted)
        if key is None:
            return None
        if self._open is None or self._open[0] != key:
            self._open = (key, self._read(key, SCHEMA.names))
        table = self._open[1]
        mine = pc.and_(pc.equal(table.column("media_sha256"), media_sha256), pc.equal(table.column("context"), context))
        return {
            row["array"]: np.asarray(row["values"], np.float32).reshape(row["shape"])
            for row in table.filter(mine).to_pylist()
        }

    def put(self, media_sha256: str, arrays: Mapping[str, Float32[np.ndarray, "*shape"]], context: str = "") -> None:
        """Keeps the arrays of a medium for the next `flush`."""
        self._fresh[media_sha256, context] = {name: np.asarray(array, np.float32) for name, array in arrays.items()}

    def flush(self) -> None:
        """Writes what is new as one part, named by what it holds; nothing happens where nothing is new."""
        if not self._fresh:
            return
        rows = [
            {
                "media_sha256": media,
                "context": context,
                "array": name,
                "shape": array.shape,
                "values": array.reshape(-1),
            }
            for (media, context), arrays in sorted(self._fresh.items())
            for name, array in sorted(arrays.items())
        ]
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), sink, compression="zstd")
        key = f"{self._folder}/{sha256_hex(canonical_json(sorted(map(list, self._fresh))))[:16]}.parquet"
        self._store.commit_part(key, sink.getvalue())
        self._place.update(dict.fromkeys(self._fresh, key))
        self._fresh.clear()

    def _read(self, key: str, columns: list[str]) -> pa.Table:
        try:
            return pq.read_table(pa.BufferReader(self._store.read(key)), columns=columns)
        except (pa.ArrowException, OSError, KeyError) as error:
            reason = str(error).splitlines()[0]
            raise TableError(f"{key}: is no readable part of cached features ({reason}); delete it") from error
