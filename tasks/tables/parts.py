"""Rows into the bytes of a part and back: the same rows always give the same bytes, and every row fits its table."""

import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.errors import TableError
from tasks.tables.lineage import Lineage, read_metadata
from tasks.tables.summary import KEY as SUMMARY_KEY
from tasks.tables.summary import STATUSES, summarise
from tasks.tables.table import REQUIRED, Column, Table

ROW_GROUP_ROWS = 4096


@dataclass(frozen=True)
class Part:
    """A part as it was read: its rows, and the metadata it carries."""

    table: pa.Table
    metadata: dict[str, str]


def _flat(value: Any, column: Column, row_id: str) -> Any:  # noqa: ANN401  a cell is whatever its column's type takes
    if value is None:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        value = value.reshape(-1)
    if pa.types.is_list(column.type):
        _check_length(value, column, row_id)
        if pa.types.is_floating(column.type.value_type):
            return np.asarray(value, dtype=np.float32)
    elif column.type == pa.float32() and isinstance(value, float) and not np.isfinite(value):
        raise TableError(f"row {row_id}: {column.name} is {value}; leave it out (null) where there is no number")
    return value


def _check_length(value: Sequence[Any], column: Column, row_id: str) -> None:
    sizes = [int(size) for size in column.shape.split(",") if size.isdigit()]
    step = int(np.prod(sizes)) if sizes else 1
    free = any(not size.isdigit() for size in column.shape.split(",")) if column.shape else True
    if (not free and len(value) != step) or len(value) % step:
        raise TableError(f"row {row_id}: {column.name} holds {len(value)} values; its shape is ({column.shape})")


def _check_row(table: Table, row: Mapping[str, Any], names: frozenset[str]) -> None:
    row_id = str(row.get("item_id", "?"))
    unknown = sorted(set(row) - names)
    if unknown:
        raise TableError(f"row {row_id}: table {table.name} has no column {unknown[0]}")
    for name in REQUIRED:
        if row.get(name) is None:
            raise TableError(f"row {row_id}: {name} must be given")
    if row["status"] not in STATUSES:
        raise TableError(f"row {row_id}: status must be one of {', '.join(STATUSES)}, got {row['status']!r}")
    if row["status"] == "ok":
        missing = [f"{what}_uri" for what in table.media if row.get(f"{what}_uri") is None]
        if missing:
            raise TableError(f"row {row_id}: status is ok, and {missing[0]} is missing")
    elif not row.get("error_type"):
        raise TableError(f"row {row_id}: status is {row['status']}, and error_type does not say why")


def check_rows(table: Table, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows as an Arrow table of the table's schema. Raises TableError naming the row and the column that does not
    fit.
    """
    schema = table.schema
    names = frozenset(schema.names)
    for row in rows:
        _check_row(table, row, names)
    columns = {column.name: column for column in table.columns}
    arrays = []
    for schema_field in schema:
        name = schema_field.name
        column = columns.get(name, Column(name, schema_field.type, "", ""))
        values = [_flat(row.get(name), column, str(row["item_id"])) for row in rows]
        try:
            arrays.append(pa.array(values, type=schema_field.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
            raise TableError(
                f"table {table.name}: column {name} takes {schema_field.type}: {str(error).splitlines()[0]}"
            ) from error
    return pa.Table.from_arrays(arrays, schema=schema)


def write_part(table: Table, rows: Sequence[Mapping[str, Any]], lineage: Lineage) -> bytes:
    """The part's bytes: checked rows in the given order, lineage in the schema, no clock anywhere.

    Raises TableError for rows that do not fit the table, and for two rows with one id.
    """
    tags = {tag for row in rows for tag in (row.get("license_tags") or ())}
    return write_columns(table, check_rows(table, rows), lineage, tags)


def write_columns(table: Table, arrow: pa.Table, lineage: Lineage, license_tags: Collection[str] = ()) -> bytes:
    """The part's bytes out of columns of the table's schema; `license_tags` are those of all rows together.

    Raises TableError for columns of another schema, and for two rows with one id.
    """
    if not arrow.schema.equals(table.schema):
        raise TableError(f"table {table.name}: the columns are not those of its schema")
    ids = arrow.column("item_id").combine_chunks()
    if pc.count_distinct(ids).as_py() != len(ids):
        twice = next(found["values"] for found in ids.value_counts().to_pylist() if found["counts"] > 1)
        raise TableError(f"table {table.name}: item_id {twice} stands twice in one part")
    stated = {**lineage.metadata(set(license_tags)), SUMMARY_KEY: summarise(arrow).text()}
    arrow = arrow.replace_schema_metadata(stated)
    sink = io.BytesIO()
    pq.write_table(
        arrow,
        sink,
        version="2.6",
        compression="zstd",
        compression_level=3,
        data_page_version="1.0",
        row_group_size=ROW_GROUP_ROWS,
    )
    data = sink.getvalue()
    read_part(data, f"new part of {table.name}", columns=("item_id",))
    return data


def read_part(data: bytes, where: str, columns: Sequence[str] | None = None) -> Part:
    """A part out of its bytes; `columns` limits what is decoded. Raises TableError for anything that is not a
    readable part.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        metadata = read_metadata(file.schema_arrow, where)
        return Part(file.read(columns=list(columns) if columns is not None else None), metadata)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise TableError(f"{where}: is not a readable Parquet file ({str(error).splitlines()[0]})") from error
