"""A whole evaluation of a made-up build. Each test says which defect it would catch."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from pam_models.metrics.image import psnr_db
from tasks.build import Build
from tasks.errors import ConfigError, TableError
from tasks.evaluation.settings import METRICS, settings_of
from tasks.evaluation.shards import Evaluation
from tasks.media import read_frames
from tasks.rows import rows_of
from tasks.store import Store
from tests.tasks.evaluation.conftest import SteadyEstimator, run
from tests.tasks.evaluation.many_clips import publish_many

Made = tuple[Store, Build]
QUICK = ("psnr", "flicker", "fvd")


def clip_rows(store: Store, build: Build) -> list[dict[str, Any]]:
    return [row for key in build.committed("video") if "stale" not in key for row in rows_of(_table(store, key))]


def _table(store: Store, key: str) -> Any:
    return pq.read_table(str(store.local_path(key)))


def test_a_number_is_the_mean_over_clips(made_up: Made) -> None:
    """Catches clips compared with another trajectory's reference: PSNR worked out from the media alone."""
    store, build = made_up
    expected = []
    poses = {r["item_id"]: r for k in build.committed("pose") if "stale" not in k for r in rows_of(_table(store, k))}
    for row in clip_rows(store, build):
        clip = read_frames(store.read(row["video_uri"]))
        truth = read_frames(store.read(poses[row["trajectory_id"]]["preview_uri"]))
        expected.append(np.mean([psnr_db(a, b) for a, b in zip(clip, truth, strict=True)]))
    assert run(store, build, "psnr").value("psnr_db") == pytest.approx(np.mean(expected), rel=1e-6)


def test_every_metric_has_a_number_or_a_reason(made_up: Made, steady: type[SteadyEstimator]) -> None:
    """Catches a metric that is asked for and never mentioned again."""
    done = run(*made_up, *METRICS)
    assert len(done.summary.results) == len(METRICS) + 1
    assert all((r.value is None) != (r.reason is None) for r in done.summary.results)
    assert done.reason("pve_mm") == "the estimator answers with joints and no vertices"
    assert done.reason("motion_fidelity[lk,known]") is not None
    assert (done.value("mpjpe_mm") or 0) > 1 and done.value("detected") == 1.0
    names = [r.spec.name for r in done.summary.results]
    assert "fvd[random-r3d-seed0]" in names and "lpips[random-alexnet-seed0]" in names


def test_the_same_evaluation_has_the_same_bytes(made_up: Made) -> None:
    """Catches a clock, a path or a global draw in results."""
    store, build = made_up
    first = run(store, build, *QUICK)
    files = ("results.parquet", "results.json", "results.md")
    before = [store.read(first.evaluation.key(name)) for name in files]
    parts = {key: store.read(key) for key in store.keys(first.evaluation.key("clips"))}
    for key in [*parts, *store.keys("features")]:
        store.delete(key)
    again = run(store, build, *QUICK)
    assert again.evaluation.name == first.evaluation.name
    assert [store.read(again.evaluation.key(name)) for name in files] == before
    assert {key: store.read(key) for key in store.keys(first.evaluation.key("clips"))} == parts
    plain = json.loads(before[1])
    assert plain["clips"] == 2 and plain["failed"] == 0 and len(plain["metrics"]) == 4
    assert pq.read_table(str(store.local_path(first.evaluation.key(files[0])))).num_rows == 4


def test_what_is_measured_is_not_measured_again(made_up: Made, steady: type[SteadyEstimator]) -> None:
    """Catches an evaluation that starts from the beginning, and estimates that are not cached for the next one."""
    run(*made_up, "mpjpe", shard_clips=1)
    seen = steady.seen
    assert seen == 18
    run(*made_up, "mpjpe", shard_clips=1)
    run(*made_up, "mpjpe", "auc")
    assert steady.seen == seen


def test_another_choice_is_another_evaluation(made_up: Made, tmp_path: Path) -> None:
    """Catches numbers of one protocol found under the name of another."""
    store, build = made_up
    names = {
        Evaluation(store, build.build_id, settings_of([metric], seed=seed)).name
        for metric, seed in (("psnr", 0), ("ssim", 0), ("psnr", 1))
    }
    assert len(names) == 3
    run(store, build, "psnr", name="mine")
    run(store, build, "psnr", name="mine")
    with pytest.raises(ConfigError, match="--name mine: is another evaluation"):
        run(store, build, "ssim", name="mine")


def test_a_build_against_itself_is_identical(made_up: Made) -> None:
    """Catches a reference that is paired with the wrong clip."""
    done = run(*made_up, "psnr", "ssim", "fvd", reference="made-up")
    assert done.value("psnr_db") == 100.0 and done.value("ssim") == pytest.approx(1.0)
    assert done.value("fvd[random-r3d-seed0]") == pytest.approx(0.0, abs=1e-6)


def test_a_folder_is_matched_by_id_and_strays_are_named(made_up: Made, tmp_path: Path) -> None:
    """Catches clips without a reference that are silently skipped, and files that match nothing."""
    store, build = made_up
    folder = tmp_path / "real"
    folder.mkdir()
    row = clip_rows(store, build)[0]
    (folder / f"{row['item_id']}.mp4").write_bytes(store.read(row["video_uri"]))
    (folder / "stranger.mp4").write_bytes(store.read(row["video_uri"]))
    done = run(store, build, "psnr", reference=str(folder))
    assert done.value("psnr_db") == 100.0
    assert (done.summary.clips, done.summary.failed, done.summary.unmatched) == (2, 1, ("stranger.mp4",))
    assert "has neither clip1.mp4 nor pose1.mp4" in done.summary.failures[0][1]
    text = Path(done.path).read_text()
    assert "stranger.mp4" in text and "could not be measured" in text


@pytest.mark.parametrize("damage", ["missing", "altered", "no video"])
def test_a_bad_clip_is_one_failed_row(made_up: Made, damage: str) -> None:
    """Catches a damaged clip that is skipped, or that ends the evaluation."""
    store, build = made_up
    row = clip_rows(store, build)[0]
    path = store.local_path(row["video_uri"])
    assert path is not None
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] if damage == "altered" else b"no video")
    done = run(store, build, "psnr")
    assert (done.summary.clips, done.summary.failed) == (2, 1)
    ((clip, reason),) = done.summary.failures
    assert clip == row["item_id"] and reason.startswith("BadMedium: the clip")
    assert done.summary.results[0].n == 1


def test_a_missing_or_altered_part_stops_in_one_line(made_up: Made) -> None:
    """Catches numbers over a part of a snapshot."""
    store, build = made_up
    key = next(key for key in build.committed("video") if "video0" in key)
    data = store.read(key)
    store.replace(key, data + b" ")
    with pytest.raises(TableError, match="its bytes are not those of the snapshot"):
        run(store, build, "psnr")
    store.delete(key)
    with pytest.raises(Exception, match="is not there"):
        run(store, build, "psnr")


def test_nothing_to_evaluate_is_one_line(made_up: Made, tmp_path: Path) -> None:
    """Catches an evaluation of nothing that succeeds."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match=r"holds no \.mp4 file"):
        run(*made_up, "psnr", reference=str(tmp_path / "empty"))
    with pytest.raises(ConfigError, match="is no folder and no published build"):
        run(*made_up, "psnr", reference="nobody")
    with pytest.raises(ConfigError, match="no such build"):
        Evaluation(made_up[0], "nobody", settings_of(["psnr"]))


def test_memory_does_not_grow_with_the_number_of_clips(tmp_path: Path) -> None:
    """Catches clips that are held: 48 clips of 49 frames need at most two clips more than 8 of them do."""
    peaks = []
    clip_bytes = 0
    for number in (8, 48):
        store, build, clip_bytes = publish_many(tmp_path / str(number), number)
        evaluation = Evaluation(store, build.build_id, settings_of(["psnr", "flicker", "fvd"], shard_clips=8))
        tracemalloc.start()
        for shard in evaluation.shards():
            evaluation.measure(shard)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 2 * clip_bytes
    assert peaks[1] < 24 * clip_bytes
