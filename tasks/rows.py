"""Rows out of committed parts: a few columns of everything for planning, whole rows for the items of a shard."""

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.errors import StoreError
from tasks.ids import sha256_hex
from tasks.stage import Row
from tasks.store import Store
from tasks.tables.parts import Part, read_part

CACHED_PARTS = 8


def _cells(column: pa.ChunkedArray) -> list[Any]:
    kind = column.type
    if pa.types.is_list(kind) and pa.types.is_floating(kind.value_type):
        return [
            np.asarray(cell.values.to_numpy(zero_copy_only=False), dtype=np.float32) if cell.is_valid else None
            for cell in column
        ]
    return list(column.to_pylist())


def rows_of(table: pa.Table) -> Iterator[Row]:
    """Rows of a table as dictionaries; lists of numbers become flat float32 arrays."""
    names = table.column_names
    for cells in zip(*(_cells(column) for column in table.columns), strict=True):
        yield dict(zip(names, cells, strict=True))


class PartReader:
    """Reads parts of one store and keeps the last few; several threads may share it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._lock = threading.Lock()
        self._parts: OrderedDict[str, tuple[Part, str]] = OrderedDict()

    def part(self, key: str) -> tuple[Part, str]:
        """A whole part and its SHA-256. Raises StoreError when it is not there and TableError when it is damaged."""
        with self._lock:
            if key in self._parts:
                self._parts.move_to_end(key)
                return self._parts[key]
        data = self.store.read(key)
        found = (read_part(data, key), sha256_hex(data))
        with self._lock:
            self._parts[key] = found
            while len(self._parts) > CACHED_PARTS:
                self._parts.popitem(last=False)
        return found

    def columns(self, keys: Iterable[str], names: Sequence[str]) -> Iterator[tuple[str, Row]]:
        """(part's key, row) for every row of the parts, with these columns only, decoding no others."""
        for key in keys:
            with self._lock:
                kept = self._parts.get(key)
            table = kept[0].table.select(list(names)) if kept else read_part(self.store.read(key), key, names).table
            for row in rows_of(table):
                yield key, row

    def rows(self, wanted: dict[str, list[str]], by: str = "item_id") -> tuple[dict[str, list[Row]], dict[str, str]]:
        """Whole rows by id out of parts (`wanted`: part's key -> ids), and the SHA-256 of each part read.

        Raises StoreError when a part does not hold a row that the plan saw there.
        """
        found: dict[str, list[Row]] = {}
        digests: dict[str, str] = {}
        for key, ids in wanted.items():
            part, digests[key] = self.part(key)
            chosen = part.table.filter(pc.is_in(part.table.column(by), value_set=pa.array(sorted(set(ids)))))
            for row in rows_of(chosen):
                found.setdefault(row[by], []).append(row)
            missing = next((one for one in ids if one not in found), None)
            if missing is not None:
                raise StoreError(f"store {self.store.uri}: {key} no longer holds the row {missing}")
        return found, digests
