"""How far a build is."""

from tasks.build import load_build
from tasks.plan import Planner
from tasks.status import build_status
from tasks.steps import BY_NAME
from tasks.store import Store
from tests.tasks.conftest import Begin, ToySteps


def test_status_follows_the_store(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches counts that come from memory, and a later step that is called done before it is known."""
    toy.fails = {("pose", "cup-0")}
    run = begin(store)
    run.step(BY_NAME["pose"])
    first = build_status(Planner(load_build(store, run.build.build_id)))
    assert first[0].finished and dict(first[0].statuses) == {"ok": 2, "filtered": 0, "failed": 1}
    assert first[1].planned and not first[1].finished
    assert (first[1].shards, first[1].shards_done, first[1].items, first[1].items_done) == (2, 0, 8, 0)
    assert not any(step.planned for step in first[2:])
    run.all()
    assert all(step.finished for step in build_status(Planner(run.build)))
