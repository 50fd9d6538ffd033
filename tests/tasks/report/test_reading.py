"""tasks/report/reading.py: what the snapshot names is read, all of it and nothing else."""

import json
from pathlib import Path

import pytest

from tasks.build import Build
from tasks.errors import ConfigError, TableError
from tasks.report.data import StageTime, StepCount
from tasks.report.reading import NotPublishedError, PublishedBuild
from tasks.store import Store
from tests.tasks.report.published import TAGS, publish


def ids(build: PublishedBuild, step: str) -> list[str]:
    return [item for table in build.tables(step, ("item_id",)) for item in table.column("item_id").to_pylist()]


def test_parts_of_the_snapshot_in_order(published: tuple[Store, Build]) -> None:
    """Catches a listing of the folder in place of the snapshot: a part that it does not name lies there too."""
    read = PublishedBuild(published[0], "made-up")
    assert ids(read, "pose") == ["pose-bad", "pose0", "pose1"]
    assert ids(read, "select-clips") == []
    assert read.counts()[:2] == (StepCount("pose", 2, 0, 1), StepCount("appearance", 11, 0, 1))


def test_licences_and_models_come_from_the_parts(published: tuple[Store, Build]) -> None:
    """Catches licences of one part taken for those of all."""
    read = PublishedBuild(published[0], "made-up")
    assert read.license_tags() == ()
    ids(read, "pose")
    ids(read, "video")
    assert read.license_tags() == tuple(sorted(TAGS))
    assert read.models() == {"demo/pose": "1", "demo/video": "1"}


def test_times_are_summed_and_damaged_ones_left_out(published: tuple[Store, Build]) -> None:
    """Catches a lost sidecar that costs more than a figure."""
    times = {time.step: time for time in PublishedBuild(published[0], "made-up").stage_times()}
    assert times["appearance"] == StageTime("appearance", 2, 12, 5.0, 1.0)
    assert times["video"] == StageTime("video", 1, 1, 3.0, 0.5)


def test_altered_part_is_refused(tmp_path: Path) -> None:
    """Catches figures made from a part that changed after publication."""
    store, build = publish(tmp_path)
    key = build.key("manifests/video/video0.parquet")
    store.replace(key, store.read(build.key("manifests/video/video1.parquet")))
    with pytest.raises(TableError, match="not those of the snapshot"):
        ids(PublishedBuild(store, "made-up"), "video")


def test_unpublished_and_unknown_builds(tmp_path: Path) -> None:
    """Catches a traceback where a person forgot to finish a build or mistyped its name."""
    store, build = publish(tmp_path)
    store.delete(build.key("snapshot.json"))
    with pytest.raises(NotPublishedError, match="no snapshot yet"):
        PublishedBuild(store, "made-up")
    with pytest.raises(ConfigError, match="no such build"):
        PublishedBuild(store, "another")


def test_newer_snapshot_is_refused(tmp_path: Path) -> None:
    """Catches a page full of holes made from a format this program does not know."""
    store, build = publish(tmp_path)
    plain = json.loads(store.read(build.key("snapshot.json")))
    store.replace(build.key("snapshot.json"), json.dumps({**plain, "schema_version": "9.0"}).encode())
    with pytest.raises(TableError, match="newer"):
        PublishedBuild(store, "made-up")
