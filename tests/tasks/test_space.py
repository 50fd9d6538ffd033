"""Room in the store."""

import pytest

from tasks.build import open_build
from tasks.errors import StoreError
from tasks.space import GIB, check_space
from tasks.store import Store
from tests.tasks.conftest import toy_config


def test_a_disk_that_is_nearly_full_stops_the_build_before_a_shard(store: Store) -> None:
    """Catches half-written media and a machine without a byte left."""
    build = open_build(toy_config("execution.min_free_gib=0.001"), store)
    check_space(build, 10**15)
    greedy = open_build(toy_config("execution.min_free_gib=1e9"), store)
    with pytest.raises(StoreError, match=r"GiB are free, execution.min_free_gib keeps 1e\+09; make room and run"):
        check_space(greedy, 0)


def test_a_bucket_has_no_end_but_a_quota(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a bill that nobody expected."""
    monkeypatch.setattr(Store, "free_bytes", lambda self: None)
    build = open_build(toy_config("execution.store_quota_gib=2"), store)
    check_space(build, 2 * GIB)
    with pytest.raises(StoreError, match=r"holds 3\.00 GiB, execution\.store_quota_gib allows 2"):
        check_space(build, 3 * GIB)
