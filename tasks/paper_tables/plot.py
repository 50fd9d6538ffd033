"""A table as a picture: measured values with intervals, and below them the paper's, each on axes of its own."""

from __future__ import annotations

import io

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tasks.paper_tables.outcome import ColumnName, TableOutcome, titled

MEASURED, PAPER, EDGE = "#2f6f9f", "#d8d3c8", "#77716a"
LEFT_OUT = "not computed"
MOST_TICKS = 5


def table_png(table: TableOutcome) -> bytes:
    """One panel for each column in two rows: measured here, reported in the paper; PNG bytes."""
    matplotlib.use("Agg")
    height = 1.1 + 0.36 * len(table.rows)
    lines = 2 if any(cell.paper is not None for row in table.rows for cell in row.cells.values()) else 1
    figure = Figure(figsize=(3.0 + 3.1 * len(table.columns), lines * height), layout="constrained", dpi=110)
    panels = figure.subplots(lines, len(table.columns), squeeze=False, sharey=True)
    for place, column in enumerate(table.columns):
        _bars(panels[0][place], table, column, measured=True)
        if lines == 2:
            _bars(panels[1][place], table, column, measured=False)
    panels[0][0].invert_yaxis()
    figure.suptitle(f"Table {table.name}: {table.title}", fontsize=11)
    sink = io.BytesIO()
    figure.savefig(sink, format="png", metadata={"Software": ""})
    return sink.getvalue()


def _bars(axes: Axes, table: TableOutcome, column: ColumnName, *, measured: bool) -> None:
    names = [row.name for row in table.rows]
    cells = [row.cells[column.key] for row in table.rows]
    found = [cell.value if measured else cell.paper for cell in cells]
    known = [(place, value) for place, value in enumerate(found) if value is not None]
    axes.barh(
        [place for place, _ in known], [value for _, value in known], color=MEASURED if measured else PAPER,
        height=0.62, edgecolor="none" if measured else EDGE, linewidth=0.6,
    )  # fmt: skip
    if not known:
        axes.set_xticks([])
    for place, (cell, value) in enumerate(zip(cells, found, strict=True)):
        if measured and cell.value is not None and cell.low is not None and cell.high is not None:
            reach = [[max(0.0, cell.value - cell.low)], [max(0.0, cell.high - cell.value)]]
            axes.errorbar(cell.value, place, xerr=reach, color="#222222", capsize=2.5, linewidth=1.0)
        if value is None:
            axes.text(0.01, place, LEFT_OUT if measured else "not reported", transform=axes.get_yaxis_transform(),
                      va="center", fontsize=7, color=EDGE)  # fmt: skip
    axes.set_yticks(range(len(names)), labels=names, fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    if known:
        axes.xaxis.set_major_locator(MaxNLocator(MOST_TICKS, steps=[1, 2, 2.5, 5, 10]))
    axes.set_title(f"{titled(column)}, {f'{table.scale} scale' if measured else 'paper'}", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
