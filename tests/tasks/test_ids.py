"""Ids and seeds depend on what determines the content, and on nothing else."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tasks import ids


def test_canonical_json_has_one_spelling() -> None:
    """Catches order of keys or spaces leaking into hashes."""
    assert ids.canonical_json({"b": 1, "a": [1, 2.5, None, "é"]}) == '{"a":[1,2.5,null,"é"],"b":1}'
    assert ids.canonical_json({"a": (1, Path("x/y"))}) == '{"a":[1,"x/y"]}'


@pytest.mark.parametrize("value", [float("nan"), np.float32(1.0), {1, 2}, object()])
def test_canonical_json_refuses_what_has_no_one_spelling(value: object) -> None:
    """Catches hashing of values whose text differs between runs or platforms."""
    with pytest.raises((TypeError, ValueError)):
        ids.canonical_json([value])


def test_item_ids_are_pinned_and_change_with_each_part() -> None:
    """Catches a change of the recipe, which would orphan every existing build, and a part that does not count."""
    base = ("pose", 1, {"seed": 0}, "parent", "key")
    assert ids.item_id(*base) == "b0a38ded0a97fa566710"
    others = [
        ids.item_id("video", *base[1:]),
        ids.item_id("pose", 2, *base[2:]),
        ids.item_id("pose", 1, {"seed": 1}, "parent", "key"),
        ids.item_id("pose", 1, {"seed": 0}, "other", "key"),
        ids.item_id("pose", 1, {"seed": 0}, "parent", "other"),
    ]
    assert len({ids.item_id(*base), *others}) == 6


def test_seeds_fit_a_signed_column_and_differ_by_purpose() -> None:
    """Catches seeds that overflow int64 in other tools, and two draws that share one stream."""
    seeds = {
        ids.derive_seed(root, f"item{n}", purpose) for root in (0, 1) for n in range(200) for purpose in ("a", "b")
    }
    assert len(seeds) == 800
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert max(seeds) > 2**62


def test_ids_do_not_depend_on_the_process() -> None:
    """Catches Python's salted hash or the order of a set in an id."""
    code = (
        "from tasks import ids; print(ids.part_id('pose', {'y': 1}, ['a', 'b'], 0, 5), ids.build_id({'x': {'y': 1}}))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "."},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_shard_id_changes_with_a_retry_and_child_ids_with_the_index() -> None:
    """Catches a retried shard that is taken for done, and frames that share an id."""
    shard = ids.part_id("video", {}, ["part"], 0, 5)
    assert shard not in (ids.part_id("video", {}, ["part"], 5, 10), ids.part_id("video", {}, ["other"], 0, 5))
    once = ids.retried_shard_id(shard, ["b", "a"])
    assert once == ids.retried_shard_id(shard, ["a", "b"])
    assert len({shard, once, ids.retried_shard_id(once, ["a", "b"])}) == 3
    assert ids.shard_id("pose", [("a", 0)]) != ids.shard_id("pose", [("a", 1)])
    assert len({ids.child_id("clip", index) for index in range(49)}) == 49
