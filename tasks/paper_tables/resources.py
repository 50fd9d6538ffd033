"""Table 1: peak memory and time of each stage, as a build's workers measured them (the timings beside its parts)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tasks.errors import ConfigError
from tasks.measured import measured_builds
from tasks.paper_tables.definition import TableRow
from tasks.paper_tables.outcome import Cell, ColumnName, RowOutcome
from tasks.report.reading import PublishedBuild

STEP_OF = {"Stage-I": "pose", "Stage-II": "appearance", "Stage-III": "video"}
COLUMNS = (
    ColumnName("memory_gb", "Memory", "GB", "lower", "Highest peak of a worker: its GPU's, or its own without a GPU"),
    ColumnName("time_s", "Time", "s", "lower", "Seconds of a warm worker for each item, mean over the build"),
)
BYTES_PER_GB = 1e9


def resource_rows(published: PublishedBuild, rows: Sequence[TableRow]) -> tuple[RowOutcome, ...]:
    """The stages of a build. Raises ConfigError for a row that is no stage."""
    builds = measured_builds(published.store)
    steps = next((b.steps for b in builds if b.build_id == published.build.build_id), {})
    peaks = {time.step: (time.peak_gpu_bytes, time.peak_rss_bytes) for time in published.stage_times()}
    found = []
    for row in rows:
        step = STEP_OF.get(row.name)
        if step is None:
            raise ConfigError(f"row {row.name}: is no stage; there are {', '.join(STEP_OF)}")
        gpu, rss = peaks.get(step, (0, 0))
        measured = steps.get(step)
        where = "on the GPU" if gpu else "main memory, no GPU"
        cells: Mapping[str, Cell] = {
            "memory_gb": _cell((gpu or rss) / BYTES_PER_GB, row, "memory_gb", published, 1),
            "time_s": _cell(
                measured.worker_s / measured.items if measured and measured.items else 0.0,
                row,
                "time_s",
                published,
                measured.items if measured else 0,
            ),
        }
        found.append(RowOutcome(row.name, cells, published.build.build_id, f"{row.note}; {where}"))
    return tuple(found)


def _cell(value: float, row: TableRow, column: str, published: PublishedBuild, count: int) -> Cell:
    paper = row.paper.get(column)
    if value > 0:
        return Cell(value, n=count, paper=paper)
    reason = f"build {published.build.build_id} has no timings of this stage: its items came from another build"
    return Cell(reason=reason, paper=paper)
