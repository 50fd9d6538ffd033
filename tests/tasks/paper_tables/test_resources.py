"""Table 1 out of a build's timings. Each test names the defect that it catches."""

import json
from pathlib import Path

import pytest

from tasks.errors import ConfigError
from tasks.paper_tables.definition import TableRow, load_table
from tasks.paper_tables.resources import resource_rows
from tasks.report.reading import PublishedBuild
from tests.tasks.report.published import publish


def test_seconds_are_for_each_item_and_memory_is_the_highest_peak(tmp_path: Path) -> None:
    """Catches a sum of all items, the wall clock of several workers, and an average of peaks."""
    store, build = publish(tmp_path)
    published = PublishedBuild(store, build.build_id)
    entries = published.snapshot.steps["video"]
    timing = {
        "step": "video", "items": 4, "taken_over": 0, "wall_s": 5.0, "worker_s": 8.0, "gpu_s": 0.0, "ended_s": 1.0,
        "peak_rss_bytes": 2_000_000_000, "peak_gpu_bytes": 0,
    }  # fmt: skip
    for number, entry in enumerate(entries):
        shard = entry.path.rsplit("/", 1)[-1].removesuffix(".parquet")
        peak = {"peak_rss_bytes": 2_000_000_000 - number}
        store.replace(build.timings_key("video", shard), json.dumps(timing | peak).encode())
    rows = {row.name: row for row in resource_rows(published, load_table("1").rows)}
    video = rows["Stage-III"].cells
    assert (video["time_s"].value, video["memory_gb"].value, video["memory_gb"].paper) == (2.0, 2.0, 30.3)
    assert "no GPU" in rows["Stage-III"].note
    with pytest.raises(ConfigError, match="is no stage"):
        resource_rows(published, [TableRow(name="Stage-IV")])
