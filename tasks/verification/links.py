"""Rows of a block against each other: nothing lost, nothing twice, no link that leads nowhere."""

from collections import Counter
from collections.abc import Collection, Iterator

from tasks.build import Build
from tasks.config.stages import PhysicsPose
from tasks.items import items_of
from tasks.stage import Row
from tasks.steps import steps_of
from tasks.verification.findings import Findings

# Rows by step, of each only its ids and links; of `samples` one row for each clip.
Light = dict[str, list[Row]]


def check_links(build: Build, rows_of_steps: Light, findings: Findings) -> None:
    """Every row stands once, and every id that it names is a row of the table before it."""
    known = {step: {row["item_id"] for row in rows} for step, rows in rows_of_steps.items()}
    for step in steps_of(build.config):
        rows = rows_of_steps.get(step.name, [])
        twice = [found for found, count in Counter(row["item_id"] for row in rows).items() if count > 1]
        for found in twice:
            findings.find("doubled row", step.name, f"item_id {found} stands more than once")
        parent = PARENT_TABLE.get(step.name)
        for row in rows:
            if parent is not None and row["parent_id"] not in known.get(parent, ()):
                findings.find(
                    "dangling link",
                    row["part"],
                    f"row {row['item_id']}: parent {row['parent_id']} is in no row of {parent}",
                )
            for column, table in (("trajectory_id", "pose"), ("candidate_id", "appearance")):
                if row.get(column) is not None and row[column] not in known.get(table, ()):
                    findings.find(
                        "dangling link",
                        row["part"],
                        f"row {row['item_id']}: {column} {row[column]} is in no row of {table}",
                    )


PARENT_TABLE = {
    "appearance": "pose",
    "score-candidates": "appearance",
    "select-candidates": "score-candidates",
    "video": "appearance",
    "score-clips": "video",
    "select-clips": "score-clips",
    "samples": "video",
}


def check_completeness(
    build: Build, steps: Collection[str], span: tuple[int, int], rows_of_steps: Light, findings: Findings
) -> None:
    """Every item that should be in the block is there, and no other."""

    def ok_rows(name: str, columns: tuple[str, ...]) -> Iterator[Row]:
        del columns
        for row in rows_of_steps.get(name, ()):
            if row["status"] == "ok" or name.startswith("select-"):
                yield row

    for step in steps_of(build.config):
        if step.name not in steps or (step.name == "pose" and not isinstance(build.config.pose, PhysicsPose)):
            # recordings need not lie where they lay when the build was made
            continue
        rows = rows_of_steps.get(step.name, [])
        if step.reduce:
            expected = {row["item_id"] for row in ok_rows(step.parents[0], ())}
            _compare(step.name, expected, {row["parent_id"] for row in rows}, findings)
            continue
        items = items_of(build, step, ok_rows, span)
        if step.table.rows == "one":
            _compare(step.name, {item.item_id for item in items}, {row["item_id"] for row in rows}, findings)
        else:
            _compare(step.name, {item.parent_id for item in items}, {row["parent_id"] for row in rows}, findings)


def _compare(step: str, expected: set[str], found: set[str], findings: Findings) -> None:
    for lost in sorted(expected - found):
        findings.find("lost item", step, f"{lost} has no row")
    for extra in sorted(found - expected):
        findings.find("stray item", step, f"{extra} has a row, and nothing before it asks for one")
