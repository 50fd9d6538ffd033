"""Rows that fit their tables."""

from typing import Any

import pytest

from tasks.tables.lineage import Lineage


@pytest.fixture
def lineage() -> Lineage:
    return Lineage("appearance", 1, {"seed": 0}, 0)


def common(item_id: str, **more: Any) -> dict[str, Any]:
    row = {"item_id": item_id, "parent_id": "p", "shard_id": "s", "status": "ok", "attempts": 1, "seed": 2**63 - 1}
    return row | more


def media(what: str) -> dict[str, Any]:
    return {f"{what}_uri": "cas/aa/aa.bin", f"{what}_sha256": "aa", f"{what}_bytes": 3}
