"""Everything that verification must find, each caused on purpose."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

from pam_models.readers.manifest import parse_snapshot
from tasks.errors import PamError
from tasks.ids import sha256_hex
from tasks.rows import rows_of
from tasks.snapshot import encode_snapshot, read_snapshot
from tasks.steps import BY_NAME
from tasks.store import Store
from tasks.tables.lineage import Lineage
from tasks.tables.parts import read_part, write_part
from tasks.verify import verify
from tests.tasks.conftest import Begin, S3Server, ToyRun, ToySteps

Row = dict[str, Any]


def _kinds(run: ToyRun) -> list[str]:
    return sorted({finding.kind for finding in verify(run.build.store, run.build.build_id).findings})


def _rewrite(run: ToyRun, step: str, change: Callable[[list[Row]], list[Row]]) -> None:
    """Writes a step's first part anew with other rows, and lets the snapshot state the new file."""
    store, build = run.build.store, run.build
    snapshot = json.loads(run.snapshot)
    entry = snapshot["steps"][step]["parts"][0]
    rows = change(list(rows_of(read_part(store.read(build.key(entry["path"])), "part").table)))
    data = write_part(BY_NAME[step].table, rows, Lineage(step, 1, build.subset, 0))
    store.replace(build.key(entry["path"]), data)
    statuses = {status: sum(row["status"] == status for row in rows) for status in ("ok", "filtered", "failed")}
    entry |= {"sha256": sha256_hex(data), "bytes": len(data), "rows": len(rows), "statuses": statuses}
    _state(run, snapshot)


def _state(run: ToyRun, plain: dict[str, Any]) -> None:
    """Lets the snapshot say something else, spelled as a snapshot is."""
    data = encode_snapshot(parse_snapshot(json.dumps(plain).encode(), "snapshot"))
    run.build.store.replace(run.build.key("snapshot.json"), data)


def _media(run: ToyRun, extension: str) -> str:
    return next(key for key in run.build.store.keys("cas") if key.endswith(extension))


@pytest.fixture
def run(toy: ToySteps, begin: Begin, store: Store) -> ToyRun:
    toy.fails = {("pose", "cup-2"), ("appearance", "1")}
    return begin(store).all()


def test_a_whole_build_passes(run: ToyRun) -> None:
    """Catches alarms about failed and filtered rows, which are as they should be."""
    seen: list[tuple[int, int]] = []
    verdict = verify(run.build.store, run.build.build_id, lambda done, total: seen.append((done, total)))
    assert verdict.passed, verdict.findings
    assert verdict.rows > 30 and verdict.media == len(run.build.store.keys("cas"))
    assert seen[-1][0] == seen[-1][1] == verdict.parts + verdict.media


def test_a_flipped_bit_in_a_medium_and_in_a_part(run: ToyRun) -> None:
    """Catches damage that keeps the length."""
    store = run.build.store
    for key, kind in (
        (_media(run, "png"), "altered media"),
        (next(iter(run.build.committed("video"))), "altered part"),
    ):
        data = bytearray(store.read(key))
        data[len(data) // 2] ^= 1
        store.replace(key, bytes(data))
        assert kind in _kinds(run)
        data[len(data) // 2] ^= 1
        store.replace(key, bytes(data))
    assert _kinds(run) == []


def test_a_flipped_bit_in_the_snapshot_or_the_configuration(run: ToyRun) -> None:
    """Catches damage to what readers start from, wherever it is and however harmless it looks."""
    store, build = run.build.store, run.build
    for name, places in (("snapshot.json", 15), ("output.json", 5)):
        whole = store.read(build.key(name))
        for number in range(places):
            data = bytearray(whole)
            place = number * len(data) // places
            if data[place] in b'"{}[]:,':
                continue
            data[place] ^= 1
            store.replace(build.key(name), bytes(data))
            with suppress(PamError):  # one that cannot even be read says so
                # the version of the code that wrote it stands nowhere else
                assert _kinds(run) or b"code_version" in whole[place - 70 : place]
        store.replace(build.key(name), whole)
    assert _kinds(run) == []


def test_a_missing_medium_and_a_missing_part(run: ToyRun) -> None:
    """Catches a lost object."""
    run.build.store.delete(_media(run, "mp4"))
    assert _kinds(run) == ["missing media"]
    run.build.store.delete(next(iter(run.build.committed("select-candidates"))))
    assert {"missing part", "lost item"} <= set(_kinds(run))


def test_a_lost_a_doubled_and_a_stray_item(run: ToyRun) -> None:
    """Catches a table that is whole in itself and wrong as a set."""
    _rewrite(run, "score-candidates", lambda rows: rows[1:])
    assert "lost item" in _kinds(run)
    stray = {"item_id": "f" * 20, "parent_id": "e" * 20}
    _rewrite(run, "video", lambda rows: [*rows, rows[0] | stray])
    assert {"stray item", "dangling link"} <= set(_kinds(run))


def test_one_row_in_two_parts(run: ToyRun) -> None:
    """Catches an item that two parts hold."""
    snapshot = json.loads(run.snapshot)
    parts = snapshot["steps"]["appearance"]["parts"]
    assert len(parts) > 1
    first = list(rows_of(read_part(run.build.store.read(run.build.key(parts[0]["path"])), "x").table))
    _rewrite(run, "appearance", lambda rows: rows)
    key = run.build.key("manifests", "appearance", "extra.parquet")
    data = write_part(BY_NAME["appearance"].table, first[:1], Lineage("appearance", 1, {}, 0))
    run.build.store.replace(key, data)
    plain = json.loads(run.snapshot)
    plain["steps"]["appearance"]["parts"].append(
        {
            "path": "manifests/appearance/extra.parquet",
            "sha256": sha256_hex(data),
            "bytes": len(data),
            "rows": 1,
            "statuses": {"ok": 1},
        }
    )
    _state(run, plain)
    assert _kinds(run) == ["doubled row"]


def test_a_lost_frame_and_a_label_that_is_off(run: ToyRun) -> None:
    """Catches frames that went missing within a clip, and joints that do not lie where the camera sees them."""
    _rewrite(run, "samples", lambda rows: [row for row in rows if row["frame"] != 2])
    assert _kinds(run) == ["lost frame"]

    def shifted(rows: list[Row]) -> list[Row]:
        rows[0]["uv"] = rows[0]["uv"] + np.float32(0.2)
        return rows

    _rewrite(run, "samples", shifted)
    assert _kinds(run) == ["label off", "lost frame"]


def test_a_key_that_leaves_the_store_is_found_and_not_followed(run: ToyRun) -> None:
    """Catches verification that reads any file that a row names."""

    def evil(rows: list[Row]) -> list[Row]:
        rows[0]["video_uri"] = "../../etc/passwd"
        return rows

    _rewrite(run, "video", evil)
    assert "bad media key" in _kinds(run)


def test_an_unfinished_build_does_not_pass(toy: ToySteps, begin: Begin, store: Store) -> None:
    """Catches an empty verdict that counts as a good one."""
    run = begin(store)
    run.step(BY_NAME["pose"])
    verdict = verify(store, run.build.build_id)
    assert not verdict.passed and verdict.findings[0].kind == "unfinished"
    run.all()
    plain = json.loads(run.snapshot)
    del plain["steps"]["samples"]
    _state(run, plain)
    assert _kinds(run) == ["unfinished"]
    store.replace(run.build.key("snapshot.json"), b"{}")
    assert _kinds(run) == ["snapshot", "unfinished"]


@pytest.mark.filterwarnings("ignore:store .* ignores conditional create")
def test_builds_in_object_stores_pass_and_equal_those_in_a_folder(
    toy: ToySteps, begin: Begin, store: Store, s3: S3Server
) -> None:
    """Catches a store whose builds differ from a folder's in a row, a hash or a name."""
    remote = Store("s3://bucket/whole/build")
    remote.probe()
    there, here = begin(remote).all(), begin(store).all()
    assert there.snapshot == here.snapshot and remote.keys("cas") == store.keys("cas")
    assert verify(remote, there.build.build_id).passed
    snapshot = read_snapshot(remote, there.build.build_id)
    assert snapshot is not None and snapshot.rows("samples", "ok") == 15
