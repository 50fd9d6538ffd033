"""What a table is."""

import pyarrow as pa

from tasks.tables.registry import TABLES
from tasks.tables.table import COMMON, F32S, REQUIRED, Column, Table, media_columns


def test_fields_carry_unit_shape_and_description() -> None:
    """Catches documentation that does not reach the file."""
    field = Column("xyz", F32S, "m", "Joints", "21,3").field()
    assert field.metadata == {b"unit": b"m", b"description": b"Joints", b"shape": b"21,3"}
    assert Column("seed", pa.uint64(), "1", "Seed").field(nullable=False).nullable is False


def test_common_columns_come_first_and_the_needed_ones_are_not_nullable() -> None:
    """Catches a table without ids, or with rows that have none."""
    schema = Table("t", media_columns("image", "Picture")).schema
    assert schema.names == [*(column.name for column in COMMON), "image_uri", "image_sha256", "image_bytes"]
    assert [field.name for field in schema if not field.nullable] == [
        column.name for column in COMMON if column.name in REQUIRED
    ]


def test_units_stand_in_names() -> None:
    """Catches a column whose name says one unit and whose metadata another."""
    suffixes = {"_mm": "mm", "_px": "px", "_m": "m", "_m_s3": "m/s^3", "_bytes": "byte"}
    for table in TABLES.values():
        for column in table.columns:
            for suffix, unit in suffixes.items():
                if column.name.endswith(suffix):
                    assert column.unit == unit, f"{table.name}.{column.name}"
            assert column.description and not column.description.endswith("."), f"{table.name}.{column.name}"
