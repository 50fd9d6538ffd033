"""The list that readers trust."""

import json

import pytest

from tasks.errors import TableError
from tasks.ids import sha256_hex
from tasks.plan import PlanError
from tasks.snapshot import read_snapshot, write_snapshot
from tasks.steps import BY_NAME
from tasks.store import Store
from tests.tasks.conftest import Begin, ToySteps


def test_it_lists_every_part_with_hash_and_counts(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a part that is left out, and counts that are not those of the file."""
    toy.fails = {("pose", "cup-2")}
    run = begin(store).all()
    snapshot = read_snapshot(store, run.build.build_id)
    assert snapshot is not None
    for step, parts in snapshot.steps.items():
        assert {run.build.key(part.path) for part in parts} == set(run.build.committed(step))
        for part in parts:
            data = store.read(run.build.key(part.path))
            assert (sha256_hex(data), len(data)) == (part.sha256, part.bytes)
    assert (snapshot.rows("pose"), snapshot.rows("pose", "failed"), snapshot.rows("appearance", "ok")) == (3, 1, 8)
    assert snapshot.rows("samples") == 10


def test_an_unfinished_build_has_no_snapshot(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a snapshot of half a dataset."""
    run = begin(store)
    run.step(BY_NAME["pose"])
    with pytest.raises(PlanError, match="appearance is unfinished"):
        write_snapshot(run.build, run.planner)
    assert read_snapshot(store, run.build.build_id) is None


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"schema_version": "2.0"}, "is newer than"),
        ({"steps": 3}, "is not a snapshot"),
        ({"schema_version": None}, "is not a snapshot"),
    ],
)
def test_a_newer_or_damaged_snapshot_is_refused(
    toy: ToySteps, begin: Begin, store: Store, change: dict[str, object], line: str
) -> None:
    """Catches a reader that goes on with what it does not understand."""
    run = begin(store).all()
    plain = json.loads(run.snapshot) | change
    store.replace(run.build.key("snapshot.json"), json.dumps(plain).encode())
    with pytest.raises(TableError, match=line):
        read_snapshot(store, run.build.build_id)
