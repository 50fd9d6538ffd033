"""Rows that earlier parts of a step hold already: parts cut in another size, or from before a retry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tasks.ids import ITEM_ID_DIGITS
from tasks.plan import Planner, Shard
from tasks.stage import Item, Row
from tasks.steps import BY_NAME, Step

COLUMNS = ("item_id", "parent_id", "status")
ID = f"S{ITEM_ID_DIGITS}"


def row_key(step: Step) -> str:
    """The column that leads from an item to its rows: its own id, or its parent's where it has several rows."""
    return "item_id" if step.table.rows == "one" else "parent_id"


class HeldRows:
    """Which left-over part holds which row. Sorted arrays: 24 bytes for each row of the parts left over, if there are
    any.
    """

    def __init__(self, planner: Planner, step: Step) -> None:
        self.keys = planner.left_over(step.name)
        self._by = row_key(step)
        chunks = [self._of(planner, step, number, key) for number, key in enumerate(self.keys)]
        ids = np.concatenate([chunk[0] for chunk in chunks] or [np.zeros(0, ID)])
        places = np.concatenate([chunk[1] for chunk in chunks] or [np.zeros(0, np.int32)])
        failed = np.concatenate([chunk[2] for chunk in chunks] or [np.zeros(0, bool)])
        order = np.lexsort((failed, ids))
        self._ids, self._places = ids[order], places[order]

    def part_of(self, row_ids: Sequence[str]) -> dict[str, str]:
        """The part of each of these rows that one holds; a row that did not fail goes before one that did."""
        wanted = np.array(row_ids, ID)
        at = np.searchsorted(self._ids, wanted)
        inside = np.flatnonzero(at < len(self._ids))
        found = inside[self._ids[at[inside]] == wanted[inside]]
        return {row_ids[place]: self.keys[self._places[at[place]]] for place in found.tolist()}

    def _of(self, planner: Planner, step: Step, number: int, key: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ids, part number and failures of the rows of a part, those left out that are marked to be tried again."""
        marked = planner.marked(step.name, key.rsplit("/", 1)[1].removesuffix(".parquet"))
        rows = [row for _, row in planner.reader.columns((key,), COLUMNS)]
        kept = [row for row in rows if row["status"] != "failed" or row["item_id"] not in marked]
        failed = np.array([row["status"] == "failed" for row in kept], bool)
        return np.array([row[self._by] for row in kept], ID), np.full(len(kept), number, np.int32), failed


def rows_taken_over(
    planner: Planner, shard: Shard, items: Iterable[Item], held: HeldRows | None = None
) -> dict[str, list[Row]]:
    """Rows of a shard's items that earlier parts of the step hold, by item. `held` spares a reading of those parts."""
    step = BY_NAME[shard.step]
    held = held or HeldRows(planner, step)
    if not held.keys:
        return {}
    row_of = {item.item_id: item.item_id if row_key(step) == "item_id" else item.parent_id for item in items}
    part_of = held.part_of(list(dict.fromkeys(row_of.values())))
    wanted: dict[str, list[str]] = {}
    for row_id, key in part_of.items():
        wanted.setdefault(key, []).append(row_id)
    found, _ = planner.reader.rows(wanted, row_key(step))
    return {item_id: found[row_id] for item_id, row_id in row_of.items() if row_id in found}
