"""Rows into the bytes of a part and back."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from tasks.errors import TableError
from tasks.tables.appearance import APPEARANCE
from tasks.tables.lineage import Lineage
from tasks.tables.parts import read_part, write_part
from tests.tasks.tables.conftest import common, media

ROWS = [common(f"item{n}", **media("image"), index=n, license_tags=["MIT"]) for n in range(50)]


def test_the_same_rows_give_the_same_bytes_in_another_process(lineage: Lineage) -> None:
    """Catches a clock, a path or an order of a set inside the file."""
    code = """
import hashlib, sys
from tasks.tables.appearance import APPEARANCE
from tasks.tables.lineage import Lineage
from tasks.tables.parts import write_part
from tests.tasks.tables.test_parts import ROWS
print(hashlib.sha256(write_part(APPEARANCE, ROWS, Lineage("appearance", 1, {"seed": 0}, 0))).hexdigest())
"""
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1
    assert write_part(APPEARANCE, ROWS, lineage) == write_part(APPEARANCE, ROWS, lineage)


def test_rows_come_back_in_order_with_large_seeds(lineage: Lineage) -> None:
    """Catches sorted or rounded rows: 2**63 - 1 is no float."""
    part = read_part(write_part(APPEARANCE, ROWS, lineage), "x")
    assert part.table["index"].to_pylist() == list(range(50))
    assert part.table["seed"].to_pylist()[0] == 2**63 - 1
    assert part.table.schema.field("index").metadata[b"description"]
    assert part.metadata["pam.licenses"] == '["MIT"]'


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"colour": "red"}, "table appearance has no column colour"),
        ({"seed": None}, "seed must be given"),
        ({"status": "done"}, "status must be one of ok, filtered, failed"),
        ({"status": "failed"}, "error_type does not say why"),
        ({"index": "three"}, "column index takes int32"),
        ({"seed": -1}, "column seed takes uint64"),
        ({"image_uri": None}, "image_uri is missing"),
    ],
)
def test_a_row_that_does_not_fit_is_named(lineage: Lineage, change: dict[str, Any], message: str) -> None:
    """Catches a bad row that reaches the store."""
    with pytest.raises(TableError, match=message):
        write_part(APPEARANCE, [ROWS[0] | change], lineage)


def test_two_rows_of_one_id_are_refused(lineage: Lineage) -> None:
    """Catches an item that would count twice."""
    with pytest.raises(TableError, match="item_id item0 stands twice"):
        write_part(APPEARANCE, [ROWS[0], ROWS[0]], lineage)


def test_numpy_scalars_are_numbers(lineage: Lineage) -> None:
    """Catches a stage's np.int64 or np.bool_ that Arrow does not take."""
    row = ROWS[0] | {"index": np.int64(3), "width": np.int32(144)}
    assert read_part(write_part(APPEARANCE, [row], lineage), "x").table["index"].to_pylist() == [3]


@pytest.mark.parametrize("damage", [b"", b"not parquet", b"PAR1" + b"\0" * 50 + b"PAR1"])
def test_what_is_no_part_is_one_line(damage: bytes) -> None:
    """Catches Arrow's traceback for a damaged file."""
    with pytest.raises(TableError, match="builds/x: is not a readable Parquet file") as caught:
        read_part(damage, "builds/x")
    assert "\n" not in str(caught.value)
