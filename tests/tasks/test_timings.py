"""What a shard took, beside its part. Each test says which defect it would catch."""

import json

from tasks.build import open_build
from tasks.stage import Item, Outcome
from tasks.store import Store
from tasks.timings import write_timings
from tasks.usage import Usage
from tests.tasks.conftest import toy_config


def test_peaks_are_the_highest_of_the_workers_and_seconds_their_sum(store: Store) -> None:
    """Catches the memory of several workers added up as if one had needed it."""
    build = open_build(toy_config(), store)
    item = Item("i", "", "k", 0)
    outcomes = [
        Outcome(item, seconds=2.0, usage=Usage(300, 7), compute_s=2.0),
        Outcome(item, seconds=1.0, usage=Usage(100, 9), compute_s=0.5),
    ]
    write_timings(build, "video", "s", items=2, wall_s=1.8, outcomes=outcomes, gpus=0.5, taken_over=1, size_bytes=9)
    found = json.loads(store.read(build.timings_key("video", "s")))
    assert found.pop("ended_s") > 1e9
    assert found == {
        "step": "video", "shard_id": "s", "items": 2, "taken_over": 1, "wall_s": 1.8, "worker_s": 3.0, "gpu_s": 1.25,
        "bytes": 9, "peak_rss_bytes": 300, "peak_gpu_bytes": 9,
    }  # fmt: skip


def test_a_shard_without_work_has_no_peak(store: Store) -> None:
    """Catches a crash where every row was taken over."""
    build = open_build(toy_config(), store)
    write_timings(build, "video", "s", items=2, wall_s=0.1, outcomes=[], taken_over=2)
    assert json.loads(store.read(build.timings_key("video", "s")))["peak_rss_bytes"] == 0
