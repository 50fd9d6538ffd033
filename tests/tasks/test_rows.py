"""Rows out of committed parts."""

import threading

import numpy as np
import pytest

from tasks.errors import StoreError
from tasks.rows import CACHED_PARTS, PartReader
from tasks.store import Store
from tasks.tables.lineage import Lineage
from tasks.tables.parts import write_part
from tasks.tables.samples import SAMPLES

LINEAGE = Lineage("samples", 1, {}, 0)


def _row(item_id: str, parent: str = "p") -> dict[str, object]:
    common = {"item_id": item_id, "parent_id": parent, "shard_id": "s", "status": "ok", "attempts": 1, "seed": 1}
    return common | {"frame": 3, "K": [1.0] * 9, "joint_visible": [True] * 21}


@pytest.fixture
def keys(store: Store) -> list[str]:
    made = []
    for number in range(CACHED_PARTS + 2):
        key = f"builds/b/manifests/samples/{number}.parquet"
        store.commit_part(key, write_part(SAMPLES, [_row(f"{number}-{n}", f"clip{n}") for n in range(4)], LINEAGE))
        made.append(key)
    return made


def test_lists_of_numbers_are_flat_arrays(store: Store, keys: list[str]) -> None:
    """Catches Python lists of floats, which cost a stage seconds for each trajectory, and nulls that become zeros."""
    rows, digests = PartReader(store).rows({keys[0]: ["0-1"]})
    (row,) = rows["0-1"]
    assert isinstance(row["K"], np.ndarray) and row["K"].dtype == np.float32 and row["K"].shape == (9,)
    assert row["joint_visible"] == [True] * 21 and row["xyz"] is None and row["frame"] == 3
    assert len(digests[keys[0]]) == 64


def test_several_rows_of_one_parent(store: Store, keys: list[str]) -> None:
    """Catches a clip that keeps only one of its frames."""
    rows, _ = PartReader(store).rows({keys[0]: ["clip1"], keys[1]: ["clip1"]}, by="parent_id")
    assert [row["item_id"] for row in rows["clip1"]] == ["0-1", "1-1"]


def test_a_row_that_went_missing_is_told(store: Store, keys: list[str]) -> None:
    """Catches an item that runs without its input."""
    with pytest.raises(StoreError, match="no longer holds the row gone"):
        PartReader(store).rows({keys[0]: ["0-1", "gone"]})


def test_columns_in_the_order_asked_for(store: Store, keys: list[str]) -> None:
    """Catches values under another column's name."""
    (_, row), *_ = PartReader(store).columns(keys[:1], ("frame", "item_id"))
    assert row == {"frame": 3, "item_id": "0-0"}


def test_threads_share_a_bounded_cache(store: Store, keys: list[str]) -> None:
    """Catches memory that grows with the build, and a race in the cache."""
    reader = PartReader(store)
    wrong: list[str] = []

    def read() -> None:
        for key in keys * 3:
            part, _ = reader.part(key)
            if part.table["item_id"][0].as_py().split("-")[0] != key.rsplit("/")[-1].split(".")[0]:
                wrong.append(key)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [] and len(reader._parts) == CACHED_PARTS
