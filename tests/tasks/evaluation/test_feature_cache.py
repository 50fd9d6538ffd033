"""Cached features. Each test says which defect it would catch."""

import numpy as np
import pytest

from tasks.errors import TableError
from tasks.evaluation.feature_cache import FeatureCache
from tasks.store import Store

ONE = {"features": np.arange(6, dtype=np.float32).reshape(2, 3), "more": np.ones(1, np.float32)}


def test_what_was_put_comes_back_in_another_process(store: Store) -> None:
    """Catches lost shapes, arrays of another medium or context, and features of another extractor."""
    cache = FeatureCache(store, "net-1")
    cache.put("aa", ONE)
    cache.put("aa", {"features": np.zeros((1, 1), np.float32)}, "frames=8")
    cache.flush()
    again = FeatureCache(store, "net-1")
    found = again.get("aa")
    assert found is not None and set(found) == {"features", "more"}
    assert found["features"].tolist() == ONE["features"].tolist()
    other = again.get("aa", "frames=8")
    assert other is not None and other["features"].shape == (1, 1)
    assert again.get("bb") is None and FeatureCache(store, "net2").get("aa") is None


def test_unflushed_features_are_there_and_flushing_twice_writes_once(store: Store) -> None:
    """Catches a part for every flush, and features that must be computed twice before they are written."""
    cache = FeatureCache(store, "net")
    cache.put("aa", ONE)
    assert cache.get("aa") is not None
    cache.flush()
    cache.flush()
    assert len(store.keys("features/net")) == 1 and cache.get("aa") is not None


def test_a_damaged_part_is_one_line(store: Store) -> None:
    """Catches a traceback from inside Arrow."""
    store.replace("features/net/torn.parquet", b"no parquet")
    with pytest.raises(TableError, match="is no readable part of cached features"):
        FeatureCache(store, "net")
