"""Footers of parts."""

import pytest

from tasks.errors import StoreError, TableError
from tasks.footers import Footers, total_reasons, total_statuses
from tasks.store import Store
from tests.tasks.conftest import Begin, S3Server, ToySteps


def test_footers_say_what_rows_would(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches counts in footers that are not those of the rows."""
    toy.fails = {("pose", "cup-1"), ("appearance", "2")}
    run = begin(store).all()
    for step in ("pose", "appearance", "select-candidates", "samples"):
        footers = run.planner.footers_of(step, run.planner.parts(step))
        rows = list(run.planner.rows(step, ("status", "error_type", "error_message")))
        counted = {status: sum(row["status"] == status for row in rows) for status in ("ok", "filtered", "failed")}
        assert total_statuses(footers.values()) == counted
        assert sum(footer.rows for footer in footers.values()) == len(rows)
    appearance = run.planner.footers_of("appearance", run.planner.parts("appearance")).values()
    assert total_reasons(appearance) == {"ValueError: cannot make 2": 2}
    (cut,) = run.planner.footers_of("select-candidates", run.planner.parts("select-candidates")).values()
    kept = [
        row["trajectory_id"] for row in run.planner.rows("select-candidates", ("trajectory_id", "kept")) if row["kept"]
    ]
    assert sum(number * count for number, count in cut.summary.kept_by_input.items()) == len(kept)


def test_only_the_end_of_a_part_is_read_and_only_once(
    toy: ToySteps, begin: Begin, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches a restart that reads the dataset."""
    run = begin(store).all()
    asked: list[str] = []
    read_end = Store.read_end
    monkeypatch.setattr(Store, "read", lambda self, key: pytest.fail(f"read {key}"))
    monkeypatch.setattr(Store, "read_end", lambda self, key, *more: (asked.append(key), read_end(self, key, *more))[1])
    footers = Footers(store)
    parts = run.build.committed("samples")
    assert list(footers.of(parts)) == list(parts) and footers.of(parts)
    assert sorted(asked) == sorted(parts)


def test_what_is_no_part_is_one_clear_line(store: Store) -> None:
    """Catches a plan over half an upload."""
    store.replace("builds/b/manifests/pose/x.parquet", b"PAR1 nothing PAR1")
    with pytest.raises(TableError, match=r"pose/x.parquet: is not a readable Parquet file"):
        Footers(store).of({"builds/b/manifests/pose/x.parquet": 17})
    with pytest.raises(StoreError, match="is not there"):
        Footers(store).of({"builds/b/manifests/pose/gone.parquet": 17})


def test_many_footers_are_read_side_by_side(toy: ToySteps, begin: Begin, s3: S3Server) -> None:
    """Catches a restart on an object store that waits for one request after the other, or mixes the answers up."""
    remote = Store("s3://bucket/footers")
    run = begin(remote, "appearance.candidates=12", "execution.stages.appearance.shard_items=2")
    from tasks.steps import BY_NAME

    for name in ("pose", "appearance"):
        run.step(BY_NAME[name])
    parts = run.build.committed("appearance")
    footers = Footers(remote).of(parts)
    assert len(footers) == 18 and [footer.place[1:] for footer in footers.values()]
    assert sorted(footer.place for footer in footers.values()) == [(0, n, n + 2) for n in range(0, 36, 2)]
