"""Opening a build: what is wrong with it is one line, and rows are found where they are."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from pam_models.readers.cache import CacheConfig
from pam_models.readers.errors import EmptySelectionError, ReadError
from pam_models.readers.index import open_index, open_snapshot
from pam_models.readers.selection import Selection
from tests.pam_models.readers.small_build import SmallBuild


def complaint(build: str, cache: CacheConfig) -> str:
    with pytest.raises(ReadError) as caught:
        open_index(build, Selection(), cache.folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_part(own_build: SmallBuild, cache: CacheConfig) -> None:
    """Catches a smaller dataset without a word, also when its records are in the cache already."""
    open_index(own_build.address, Selection(), cache.folder)
    own_build.parts()[1].unlink()
    said = complaint(own_build.address, cache)
    assert "part1.parquet is not there; the snapshot lists it; look with `pam verify`" in said


def test_an_altered_part(own_build: SmallBuild, cache: CacheConfig) -> None:
    """Catches labels that nobody vouches for, also when the old ones are in the cache."""
    open_index(own_build.address, Selection(), cache.folder)
    part = own_build.parts()[0]
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(data)
    assert "part0.parquet: was altered: its bytes are not those of the snapshot" in complaint(own_build.address, cache)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nowhere", "nowhere: is no build; one lies at <store>/builds/<build>"),
        ("{store}/builds/none", "none/snapshot.json is not there; a build has one when it is finished"),
    ],
)
def test_no_build(own_build: SmallBuild, cache: CacheConfig, address: str, words: str) -> None:
    """Catches a traceback where the address is wrong or the build unfinished."""
    assert words in complaint(address.format(store=own_build.store), cache)


def test_a_newer_snapshot(own_build: SmallBuild, cache: CacheConfig) -> None:
    """Catches guesses at a format of the future."""
    path = own_build.folder / "snapshot.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema_version": "2.0"}))
    assert "schema version 2.0 is newer than 1.0" in complaint(own_build.address, cache)


def _rewrite(own_build: SmallBuild, change: str) -> None:
    """Replaces the first part by one that differs, and lets the snapshot vouch for it."""
    part = own_build.parts()[0]
    table = pq.read_table(part)
    if change == "short":
        values = [None if row is None else row[:60] for row in table.column("xyz").to_pylist()]
        table = table.set_column(table.schema.get_field_index("xyz"), "xyz", [values])
    elif change == "null":
        values = [None, *table.column("uv").to_pylist()[1:]]
        table = table.set_column(table.schema.get_field_index("uv"), "uv", [values])
    elif change == "without":
        table = table.drop_columns(["uv"])
    pq.write_table(table, part)
    data = part.read_bytes() if change != "text" else b"no parquet"
    part.write_bytes(data)
    path = own_build.folder / "snapshot.json"
    plain = json.loads(path.read_text())
    plain["steps"]["samples"]["parts"][0]["sha256"] = hashlib.sha256(data).hexdigest()
    path.write_text(json.dumps(plain))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("short", "row row0-0: xyz holds 60 values; 63 would be right"),
        ("null", "row row0-0: is ok and has no uv"),
        ("without", "has no column uv; it was written by another version of pam"),
        ("text", "is not a readable Parquet file"),
    ],
)
def test_labels_that_do_not_fit(own_build: SmallBuild, cache: CacheConfig, change: str, words: str) -> None:
    """Catches values read across the borders of rows, and a library's traceback."""
    _rewrite(own_build, change)
    assert words in complaint(own_build.address, cache)


def test_nothing_selected_is_explained(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches an empty epoch, and a message that does not say which condition was too much."""
    with pytest.raises(EmptySelectionError) as caught:
        open_index(build.address, Selection(split="val", max_mpjpe_mm=1.0), cache.folder)
    said = str(caught.value)
    assert "of 74 labelled frames (test 13, train 52, val 9)" in said
    assert "split='val' leaves 9; max_mpjpe_mm=1.0 leaves 0" in said


def test_two_hands_of_a_frame_are_two_rows_of_one_clip(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches the second hand lost, or its rows behind those of another clip."""
    index = open_index(build.address, Selection(clips=("clip2",)), cache.folder)
    assert index.row_frame.tolist() == np.repeat(np.arange(13), 2).tolist()
    assert index.row_is_right.sum() == 13
    assert index.clip(0).num_frames == 13
    labels = index.labels(index.rows_of(0), 0)
    wanted = [row for row in build.rows if row["clip_id"] == "clip2"]
    for record, right in zip(labels, index.row_is_right, strict=True):
        row = next(one for one in wanted if (one["frame"], one["side"] == "right") == (record["frame"], right))
        np.testing.assert_array_equal(record["xyz"], row["xyz"])


def test_records_are_made_once(own_build: SmallBuild, cache: CacheConfig) -> None:
    """Catches a conversion at every start, and half a file taken for a whole one."""
    open_index(own_build.address, Selection(), cache.folder)
    records = sorted((cache.folder / "labels").iterdir())
    times = [path.stat().st_mtime_ns for path in records]
    open_index(own_build.address, Selection(), cache.folder)
    assert [path.stat().st_mtime_ns for path in records] == times
    records[0].write_bytes(records[0].read_bytes()[:100])
    index = open_index(own_build.address, Selection(), cache.folder)
    assert len(index.labels(index.rows_of(0), 0)) == 13


def test_the_build_of_an_address(own_build: SmallBuild, tmp_path: Path) -> None:
    """Catches a trailing slash that names another build."""
    place, key, snapshot = open_snapshot(f"{own_build.address}/")
    assert (place.folder, key, snapshot.build_id) == (tmp_path / "store", "builds/small", "small")
