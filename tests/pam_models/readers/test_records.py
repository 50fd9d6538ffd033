"""Labels as records of fixed size."""

from pathlib import Path

import numpy as np
import pytest

from pam_models.readers.errors import ReadError
from pam_models.readers.records import LABELS, RecordFile, record_path, vertices_dtype, write_records
from tests.pam_models.readers.small_build import SmallBuild


def written(build: SmallBuild, folder: Path) -> RecordFile:
    part = build.parts()[0]
    path = record_path(folder, "a" * 64, LABELS)
    write_records(part.read_bytes(), str(part), path, LABELS)
    return RecordFile(path, LABELS, path.stat().st_size // LABELS.itemsize)


def test_rows_in_the_order_of_the_part(build: SmallBuild, tmp_path: Path) -> None:
    """Catches a batch lost or doubled, and failed rows among the good."""
    records = written(build, tmp_path)
    assert records.rows == 26
    found = records.read(13, 13)
    for record, row in zip(found, build.rows[13:26], strict=True):
        assert record["frame"] == row["frame"]
        np.testing.assert_array_equal(record["uv"], row["uv"])


def test_other_fields_are_another_file(tmp_path: Path) -> None:
    """Catches surfaces read out of a file of labels."""
    names = {record_path(tmp_path, "a" * 64, dtype) for dtype in (LABELS, vertices_dtype(778), vertices_dtype(10))}
    assert len(names) == 3


def test_a_record_is_the_readers_own(build: SmallBuild, tmp_path: Path) -> None:
    """Catches labels that cannot be changed in place, or change for the next reader too."""
    records = written(build, tmp_path)
    records.read(0, 1)["xyz"][:] = 0
    assert np.abs(records.read(0, 1)["xyz"]).max() > 0


def test_a_file_that_went_or_shrank(build: SmallBuild, tmp_path: Path) -> None:
    """Catches labels made of leftover memory."""
    records = written(build, tmp_path)
    records.path.write_bytes(records.path.read_bytes()[:-10])
    with pytest.raises(ReadError, match="is shorter than it was written"):
        records.read(25, 1)
    records.path.unlink()
    with pytest.raises(ReadError, match="cannot be read"):
        records.read(0, 1)
