"""Rows that earlier parts hold."""

from tasks.plan import Planner
from tasks.steps import BY_NAME
from tasks.store import Store
from tasks.takeover import HeldRows, rows_taken_over
from tests.tasks.conftest import Begin, ToySteps


def test_rows_are_found_in_whichever_part_holds_them(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches work that is done again because shards or blocks were cut another way."""
    toy.trajectories = 7
    begin(store, "execution.stages.pose.shard_items=3").all()
    toy.ran.clear()
    again = begin(store, "execution.stages.pose.shard_items=2", "execution.stages.samples.shard_items=1").all()
    assert toy.ran == [] and again.planner.layout.blocks == 4
    assert {report.taken_over for report in again.reports["samples"]} == {1}


def test_nothing_is_read_where_nothing_is_left_over(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches an index over a whole build that no shard asks for."""
    run = begin(store).all()
    planner = Planner(run.build)
    shard = planner.plan("pose").shards[0]
    held = HeldRows(planner, BY_NAME["pose"])
    assert held.keys == () and held.part_of(["x"]) == {}
    assert rows_taken_over(planner, shard, planner.members.items(shard), held) == {}
