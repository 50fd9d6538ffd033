"""The tables: their columns, the lineage that each part carries, and parts as deterministic bytes."""

from tasks.tables.parts import Part, read_part, write_part
from tasks.tables.registry import TABLES
from tasks.tables.table import Column, Table

__all__ = ["TABLES", "Column", "Part", "Table", "read_part", "write_part"]
