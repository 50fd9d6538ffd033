"""Items of shards."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tasks.errors import TableError
from tasks.members import BLOCKS_KEPT, BlockItems
from tasks.plan import Planner, Shard
from tasks.steps import BY_NAME
from tasks.store import Store
from tests.tasks.conftest import Begin, ToySteps


def test_every_item_is_in_one_shard(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches items lost or doubled between shards and between blocks; memory holds a few blocks."""
    toy.trajectories = 9
    run = begin(store, "execution.stages.pose.shard_items=2").all()
    assert run.planner.layout.blocks == 5
    for step in ("pose", "appearance", "score-candidates", "video", "samples"):
        shards = Planner(run.build).plan(step).shards
        items = [item.item_id for shard in shards for item in run.planner.members.items(shard)]
        assert len(set(items)) == len(items) == sum(shard.count for shard in shards)
    assert len(run.planner.members._kept) <= BLOCKS_KEPT
    poses = {row["item_id"] for row in run.planner.rows("pose", ("item_id",))}
    firsts = [run.planner.members.items(shard)[0].item_id for shard in run.planner.plan("pose").shards]
    assert set(firsts) <= poses and len(set(firsts)) == 5


def test_items_come_with_the_rows_that_they_refer_to(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a picture that is scored with the joints of another trajectory."""
    toy.trajectories = 5
    run = begin(store, "execution.stages.pose.shard_items=2")
    for name in ("pose", "appearance"):
        run.step(BY_NAME[name])
    for shard in run.planner.plan("score-candidates").shards:
        items, digests = run.planner.members.with_inputs(shard, run.planner.members.items(shard))
        assert all(item.inputs["appearance"]["trajectory_id"] == item.inputs["pose"]["item_id"] for item in items)
        assert set(digests) <= set(shard.inputs) and len(digests) >= 2


def test_a_footer_that_promises_more_is_an_error(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches items that are silently left out."""
    run = begin(store)
    run.step(BY_NAME["pose"])
    shard = run.planner.plan("appearance").shards[-1]
    object.__setattr__(shard, "last", shard.last + 1)
    with pytest.raises(TableError, match="its parts promise 13 items and give 12"):
        run.planner.members.items(shard)


def test_a_block_that_is_slow_to_read_holds_up_no_other(
    toy: ToySteps, begin: Begin, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches eight shards that wait because the store hangs for one of them."""
    toy.trajectories = 4
    run = begin(store, "execution.stages.pose.shard_items=2")
    run.step(BY_NAME["pose"])
    slow, *_, quick = run.planner.plan("appearance").shards
    members, begun, hanging = run.planner.members, threading.Event(), threading.Event()
    read = members._read

    def reads(shard: Shard) -> BlockItems:
        if shard.block == slow.block:
            begun.set()
            assert hanging.wait(60)
        return read(shard)

    monkeypatch.setattr(members, "_read", reads)
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(members.items, slow)
        assert begun.wait(60)
        try:
            assert len(threads.submit(members.items, quick).result(timeout=60)) == quick.count
        finally:
            hanging.set()
        assert len(first.result(timeout=60)) == slow.count
