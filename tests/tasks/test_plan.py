"""Plans: shards named by their items, less what is committed."""

import pytest

from tasks.plan import PlanError, Planner
from tasks.retry import failed_items, mark_failed
from tasks.steps import BY_NAME
from tasks.store import Store
from tasks.takeover import rows_taken_over
from tests.tasks.conftest import Begin, ToySteps


def test_a_plan_made_twice_is_the_same_plan(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches ids that depend on the run: a restart would then do everything again."""
    run = begin(store).all()
    first, second = run.planner.plan("appearance"), Planner(run.build).plan("appearance")
    assert [shard.shard_id for shard in first.shards] == [shard.shard_id for shard in second.shards]
    assert len(first.shards) == 3
    assert second.todo == () and second.items_done == 12


def test_a_step_is_not_planned_over_an_unfinished_one(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches planning from half of the trajectories, which would lose the others' candidates."""
    toy.trajectories = 20
    run = begin(store, "execution.stages.pose.shard_items=15")
    with pytest.raises(PlanError, match="pose is unfinished: 2 of 2 shards"):
        run.planner.plan("appearance")
    assert not run.planner.finished("pose")


def test_another_shard_size_takes_finished_rows_over(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches doing the work again when only the size of shards was changed."""
    begin(store).all()
    toy.ran.clear()
    again = begin(store, "execution.stages.appearance.shard_items=3").all()
    assert toy.ran == []
    assert [report.taken_over for report in again.reports["appearance"]] == [3, 3, 3, 3]
    rows = list(again.planner.rows("appearance", ("item_id",)))
    assert len({row["item_id"] for row in rows}) == len(rows) == 12


def test_failed_rows_are_not_taken_over_once_they_are_marked(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a retry that copies the failure instead of running the item."""
    toy.fails = {("pose", "cup-1")}
    run = begin(store)
    run.step(BY_NAME["pose"])
    (shard,) = run.planner.plan("pose").shards
    (failed,) = failed_items(run.planner)["pose"][shard.shard_id]
    mark_failed(run.build)
    again = Planner(run.build)
    (shard,) = again.plan("pose").todo
    taken = rows_taken_over(again, shard, again.members.items(shard))
    assert failed not in taken and len(taken) == 2
    assert shard.retries == {failed: 1}
