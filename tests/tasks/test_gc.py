"""What garbage is, and what is none."""

import os
from pathlib import Path

import pytest

import tasks.lease
from tasks.errors import ConfigError, StoreError, TableError
from tasks.gc import collect_garbage
from tasks.lease import lease
from tasks.retry import mark_failed
from tasks.steps import BY_NAME
from tasks.store import Store
from tasks.verify import verify
from tests.tasks.conftest import Begin, ToySteps


@pytest.fixture(autouse=True)
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.lease, "BEAT_S", 0.02)


def everything(store: Store) -> dict[str, int]:
    return {**store.keys("builds"), **store.keys("cas")}


def test_a_store_in_order_has_no_garbage(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a removal that takes what a row, a clip's frame or an unfinished build names."""
    begin(store, name="whole").all()
    begin(store, "seed=1", name="half").step(BY_NAME["pose"])
    before = everything(store)
    found = collect_garbage(store, remove=True)
    assert found.objects == 0 and everything(store) == before
    assert found.kept.objects == len(store.keys("cas"))
    assert verify(store, "whole").passed


def test_garbage_is_said_first_and_removed_when_told_to(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches a dry run that removes, and a removal that leaves something."""
    begin(store, name="whole").all()
    before = everything(store)
    stray = store.put_media(b"nobody names this", "png")
    found = collect_garbage(store)
    assert (found.media.objects, found.media.bytes, found.removed) == (1, stray.bytes, False)
    assert store.exists(stray.uri)
    assert collect_garbage(store, remove=True).media.objects == 1
    assert everything(store) == before and verify(store, "whole").passed
    assert store.keys("leases") == {}


def test_parts_that_a_retry_replaced(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches replaced parts that stay for ever, and such as a build still has to take rows over from."""
    toy.fails = {("appearance", "2")}
    first = begin(store, name="b").all()
    toy.fails = set()
    mark_failed(first.build)
    assert collect_garbage(store).parts.objects == 0, "the retry is not made yet"
    again = begin(store, name="b").all()
    listed = sum(step.count(".parquet") for step in [again.snapshot.decode()])
    found = collect_garbage(store, remove=True)
    assert found.parts.objects > 0
    assert sum(key.endswith(".parquet") for key in store.keys("builds/b/manifests")) == listed
    assert verify(store, "b").passed


def test_a_build_that_is_given_up_goes_with_its_media(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches media that two builds share and that go with one of them, and a published build that is removed."""
    begin(store, name="whole").all()
    before = everything(store)
    other = begin(store, "seed=1", name="half")
    other.step(BY_NAME["pose"])
    other.step(BY_NAME["appearance"])
    assert len(everything(store)) > len(before)
    with pytest.raises(ConfigError, match="--abandoned whole: is published"):
        collect_garbage(store, ["whole"], remove=True)
    with pytest.raises(ConfigError, match="nobody: no such build"):
        collect_garbage(store, ["nobody"])
    found = collect_garbage(store, ["half"], remove=True)
    assert found.abandoned.objects >= 4 and found.media.objects > 0
    assert everything(store) == before and verify(store, "whole").passed


def test_leftovers_of_writers_that_died(toy: ToySteps, begin: Begin, store: Store, tmp_path: Path) -> None:
    """Catches temporary files that fill the disk, and one that is removed under its writer's hands."""
    begin(store, name="whole").all()
    folder = tmp_path / "store" / ".tmp"
    for name, age_s in (("1-1-1", 7200.0), ("2-2-2", 0.0)):
        (folder / name).write_bytes(b"half a part")
        now = (folder / name).stat().st_mtime
        os.utime(folder / name, (now - age_s, now - age_s))
    assert collect_garbage(store).leftovers.bytes == len(b"half a part")
    collect_garbage(store, remove=True)
    assert [path.name for path in folder.iterdir()] == ["2-2-2"]


def test_nothing_is_removed_during_a_build(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches media that vanish between their upload and the part that names them."""
    begin(store, name="whole").all()
    stray = store.put_media(b"on its way into a part", "png")
    with lease(store, "build", "busy"):
        assert collect_garbage(store).media.objects == 1, "a dry run may look"
        with pytest.raises(StoreError, match="build busy is at work there; nothing is removed"):
            collect_garbage(store, remove=True)
    assert store.exists(stray.uri)


def test_a_damaged_part_stops_the_removal(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches media that are removed because the part that names them cannot be read."""
    run = begin(store, name="whole").all()
    key = next(iter(run.build.committed("video")))
    store.replace(key, store.read(key)[:-7] + b"damaged")
    before = everything(store)
    with pytest.raises(TableError, match=r"cannot be read|not a readable"):
        collect_garbage(store, remove=True)
    assert everything(store) == before
