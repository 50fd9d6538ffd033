"""What a table is: named columns with type, unit, shape and description, and the columns that all tables share."""

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

STRING = pa.string()
STRINGS = pa.list_(pa.string())
BOOL = pa.bool_()
BOOLS = pa.list_(pa.bool_())
I32 = pa.int32()
I64 = pa.int64()
U64 = pa.uint64()
F32 = pa.float32()
F32S = pa.list_(pa.float32())


@dataclass(frozen=True)
class Column:
    """One column. `unit` is '1' for a bare number and '' for text; `shape` says how a flat list is folded, such as
    'T,21,3'.
    """

    name: str
    type: pa.DataType
    unit: str
    description: str
    shape: str = ""

    def field(self, *, nullable: bool = True) -> pa.Field:
        """The column as an Arrow field that carries unit, shape and description."""
        metadata = {"unit": self.unit, "description": self.description}
        if self.shape:
            metadata["shape"] = self.shape
        return pa.field(self.name, self.type, nullable=nullable, metadata=metadata)


COMMON = (
    Column("item_id", STRING, "", "Id of this row: a hash of what determines its content"),
    Column("parent_id", STRING, "", "Id of the row this one was made from; empty at the start"),
    Column("shard_id", STRING, "", "Id of the shard in which this row was made"),
    Column("status", STRING, "", "ok, filtered (made, and left out for a reason) or failed"),
    Column("error_type", STRING, "", "Kind of failure, or the reason for leaving it out; null when ok"),
    Column("error_message", STRING, "", "What went wrong, in one line; null when ok"),
    Column("attempts", I32, "1", "How often this item was tried by itself or in a batch that came through"),
    Column("seed", U64, "1", "Seed of every random draw behind this row"),
)
REQUIRED = ("item_id", "parent_id", "shard_id", "status", "attempts", "seed")


def media_columns(what: str, kind: str) -> tuple[Column, ...]:
    """The three columns of a medium: where it lies, its hash, its length."""
    return (
        Column(f"{what}_uri", STRING, "", f"{kind}: key relative to the store"),
        Column(f"{what}_sha256", STRING, "", f"{kind}: SHA-256 of its bytes, hexadecimal"),
        Column(f"{what}_bytes", I64, "byte", f"{kind}: length"),
    )


LICENSE_TAGS = Column("license_tags", STRINGS, "", "Licences that bind this row: motion, hand, weights")


@dataclass(frozen=True)
class Table:
    """A table: `rows` says whether an item yields one row or several (whose `parent_id` then names the item's
    parent).
    """

    name: str
    columns: tuple[Column, ...]
    rows: Literal["one", "many"] = "one"
    media: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, common columns first, without lineage."""
        common = [column.field(nullable=column.name not in REQUIRED) for column in COMMON]
        return pa.schema(common + [column.field() for column in self.columns])
