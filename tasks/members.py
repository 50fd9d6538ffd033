"""Which items a shard has and where the rows that they refer to stand: worked out for a block at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tasks.errors import TableError
from tasks.items import items_of
from tasks.stage import Item, Row
from tasks.steps import BY_NAME

if TYPE_CHECKING:
    from tasks.plan import Planner, Shard

BLOCKS_KEPT = 3


@dataclass(frozen=True)
class BlockItems:
    """The items of one block of a step, and for each earlier step the part in which each row they refer to stands."""

    items: tuple[Item, ...]
    places: Mapping[str, Mapping[str, str]]


class Members:
    """Items of shards. The last few blocks are kept, so memory is bounded by a block; threads may share it."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._kept: OrderedDict[tuple[str, int, tuple[str, ...]], BlockItems] = OrderedDict()
        self._reading: dict[tuple[str, int, tuple[str, ...]], threading.Lock] = {}
        self._lock = threading.Lock()

    def items(self, shard: Shard) -> tuple[Item, ...]:
        """The items of a shard, in order. Raises TableError when a block holds other items than its parts' footers
        promise.
        """
        found = self._block(shard).items
        first = shard.first - self._offset(shard)
        items = found[first : first + shard.count]
        if len(items) != shard.count:
            raise TableError(
                f"step {shard.step}, block {shard.block}: its parts promise {shard.last} items and give {len(found)}"
            )
        return items

    def with_inputs(self, shard: Shard, items: Sequence[Item]) -> tuple[list[Item], dict[str, str]]:
        """Items with the rows that they refer to, and the SHA-256 of every part to which items of the shard refer."""
        places, reader = self._block(shard).places, self._planner.reader
        rows: dict[str, dict[str, Row]] = {}
        digests: dict[str, str] = {}
        for name, where in places.items():
            wanted: dict[str, list[str]] = {}
            for row_id in dict.fromkeys(item.refs[name] for item in items if name in item.refs):
                wanted.setdefault(where[row_id], []).append(row_id)
            found, _ = reader.rows(wanted)
            rows[name] = {row_id: several[0] for row_id, several in found.items()}
        for key in sorted({places[name][ref] for item in self.items(shard) for name, ref in item.refs.items()}):
            digests[key] = reader.part(key)[1]
        filled = [
            replace(item, inputs={name: rows[name][row_id] for name, row_id in item.refs.items()}) for item in items
        ]
        return filled, digests

    def _offset(self, shard: Shard) -> int:
        """What number the first item of the shard's block has: trajectories count on through the build."""
        return self._planner.layout.span(shard.block)[0] if shard.step == "pose" else 0

    def _block(self, shard: Shard) -> BlockItems:
        key = (shard.step, shard.block, shard.inputs)
        with self._lock:
            reading = self._reading.setdefault(key, threading.Lock())
        # One thread reads a block; a store that is slow there holds up no other block.
        with reading:
            with self._lock:
                found = self._kept.pop(key, None)
            found = found or self._read(shard)
            with self._lock:
                self._kept[key] = found
                while len(self._kept) > BLOCKS_KEPT:
                    self._kept.popitem(last=False)
        return found

    def _read(self, shard: Shard) -> BlockItems:
        planner = self._planner
        places: dict[str, dict[str, str]] = {}

        def parts(name: str) -> tuple[str, ...]:
            return tuple(planner.block_parts(name, shard.block) or ())

        def ok_rows(name: str, columns: tuple[str, ...]) -> Iterator[Row]:
            where = places.setdefault(name, {})
            names = ("item_id", "status", *(column for column in columns if column != "item_id"))
            for key, row in planner.reader.columns(parts(name), names):
                if row["status"] == "ok":
                    where[row["item_id"]] = key
                    yield row
                elif name.startswith("select-"):
                    yield row

        span = planner.layout.span(shard.block)
        items = tuple(items_of(planner.build, BY_NAME[shard.step], ok_rows, span))
        for name in {name for item in items for name in item.refs} - set(places):
            places[name] = {row["item_id"]: key for key, row in planner.reader.columns(parts(name), ("item_id",))}
        return BlockItems(items, places)
