"""A table for people (Markdown) and for programs (CSV), the paper's numbers beside the measured ones."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from tasks.evaluation.writing import figures
from tasks.paper_tables.outcome import Cell, ClaimOutcome, RowOutcome, TableOutcome, titled
from tasks.paper_tables.plot import table_png

RHO = "rho"
HEADER = ("row", "column", "unit", "better", "value", "low", "high", "n", "paper", "reason", "build_id", "scale")


def markdown(table: TableOutcome) -> str:
    """The table, what became of its claims, and how its numbers were made."""
    beside = " paper |" if reported(table) else ""
    head = [f"| {table.scale} scale |" + "".join(f" {titled(c)} |{beside}" for c in table.columns)]
    head.append("|---|" + ("---|---|" if beside else "---|") * len(table.columns))
    lines = [f"# Table {table.name}: {table.title}", "", f"Paper: {table.source}. Measured at {table.scale} scale.", ""]
    lines += head + [_row(table, row) for row in table.rows]
    reasons = _reasons(table)
    if reasons:
        lines += ["", "Not computed:", "", *(f"- {line}" for line in reasons)]
    if table.claims:
        lines += ["", "## Orderings", "", *claims_table(table)]
    known = [f"- {row.name}: {row.note}" for row in table.rows if row.note]
    if known or table.notes:
        lines += ["", "## Notes", "", *(f"- {note}" for note in table.notes), *known]
    if any(column.protocol for column in table.columns):
        lines += ["", "## How", "", *(f"- {c.title}: {c.protocol}" for c in table.columns if c.protocol)]
    if table.versions:
        lines += ["", *(f"- {name}: {value}" for name, value in table.versions.items())]
    return "\n".join(lines) + "\n"


def reported(table: TableOutcome) -> bool:
    """Whether the paper has a number anywhere in the table."""
    return any(cell.paper is not None for row in table.rows for cell in row.cells.values())


def claims_table(table: TableOutcome) -> list[str]:
    """Each claim with its contrast, interval and p-value, whichever way it came out."""
    of_rho = all(claim.metric == RHO for claim in table.claims)
    what, over = ("Spearman's rho", "trajectories or clips") if of_rho else ("of qualities", "clips")
    lines = [
        f"The contrast is {what}: above zero, the claim holds here. 95 % bootstrap intervals over {over}. Decided "
        "where the interval leaves out zero and p, where there is one, is below 0.05.",
        "",
        "| claim | metric | contrast | 95 % interval | p | n | verdict |",
        "|---|---|---|---|---|---|---|",
    ]
    return lines + ["| " + " | ".join(_safe(cell) for cell in claim_cells(claim)) + " |" for claim in table.claims]


def claim_cells(claim: ClaimOutcome) -> tuple[str, ...]:
    """A claim's line: words, metric, contrast, interval, p, n, verdict."""
    found = claim.contrast
    if found is None:
        return claim.says, claim.metric, "–", "–", "–", "0", f"not tested: {claim.reason}"
    between = "–" if found.low is None or found.high is None else f"{figures(found.low)} to {figures(found.high)}"
    p = "–" if found.p is None else f"{found.p:.2g}"
    pairs = "" if found.paired else " (unpaired)"
    return claim.says, claim.metric, figures(found.value), between, p, f"{found.n}{pairs}", found.verdict


def shown(cell: Cell, most: int = 0) -> str:
    """A cell for reading: value and interval, or a dash; and over how many clips, where that is fewer than `most`."""
    if cell.value is None:
        return "–"
    interval = "" if cell.low is None or cell.high is None else f" [{figures(cell.low)}, {figures(cell.high)}]"
    fewer = f" (n = {cell.n})" if cell.n < most else ""
    return f"{figures(cell.value)}{interval}{fewer}"


def csv_text(table: TableOutcome) -> str:
    """One line for each row and column."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(HEADER)
    for row in table.rows:
        for column in table.columns:
            cell = row.cells[column.key]
            numbers = ("" if x is None else f"{x:.10g}" for x in (cell.value, cell.low, cell.high))
            paper = "" if cell.paper is None else f"{cell.paper:g}"
            known = (row.name, column.key, column.unit, column.better, *numbers, cell.n, paper)
            writer.writerow((*known, cell.reason, row.build_id, table.scale))
    return sink.getvalue()


def claims_csv(table: TableOutcome) -> str:
    """One line for each claim and metric."""
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\n")
    writer.writerow(("claim", "metric", "contrast", "interval", "p", "n", "verdict"))
    writer.writerows(claim_cells(claim) for claim in table.claims)
    return sink.getvalue()


def _row(table: TableOutcome, row: RowOutcome) -> str:
    cells = []
    for column in table.columns:
        cell = row.cells[column.key]
        cells.append(shown(cell, max(other.cells[column.key].n for other in table.rows)))
        if reported(table):
            cells.append("–" if cell.paper is None else f"{cell.paper:g}")
    return "| " + " | ".join(_safe(text) for text in (row.name, *cells)) + " |"


def _reasons(table: TableOutcome) -> list[str]:
    found = []
    for row in table.rows:
        why: dict[str, list[str]] = {}
        for column in table.columns:
            cell = row.cells[column.key]
            if cell.value is None:
                why.setdefault(cell.reason, []).append(column.title)
        found += [f"{row.name}, {', '.join(columns)}: {reason}" for reason, columns in why.items()]
    return found


def _safe(text: str) -> str:
    return text.replace("|", "∣").replace("\n", " ")


def write_table(table: TableOutcome, folder: Path) -> dict[str, str]:
    """Write Markdown, CSV and a picture into `folder`; gives where each is. Raises OSError where it cannot."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"table-{table.name}-{table.scale}"
    contents = {
        "markdown": (f"{stem}.md", markdown(table).encode()),
        "csv": (f"{stem}.csv", csv_text(table).encode()),
        "plot": (f"{stem}.png", table_png(table)),
    }
    if table.claims:
        contents["orderings"] = (f"{stem}-orderings.csv", claims_csv(table).encode())
    for name, data in contents.values():
        (folder / name).write_bytes(data)
    return {kind: str(folder / name) for kind, (name, _) in contents.items()}
