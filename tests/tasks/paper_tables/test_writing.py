"""A table as files. Each test names the defect that it catches."""

import csv
from pathlib import Path

from pam_models.media import read_image
from pam_models.metrics.contrast import Contrast
from tasks.paper_tables.claims import judged
from tasks.paper_tables.definition import Claim
from tasks.paper_tables.measured import columns_of
from tasks.paper_tables.outcome import Cell, ClaimOutcome, ColumnName, RowOutcome, TableOutcome, absent_row
from tasks.paper_tables.writing import markdown, write_table
from tests.tasks.paper_tables.made_up import row

METRICS = ("mpjpe", "psnr")


def made_up_table() -> TableOutcome:
    values = {"good": row(1, mpjpe=20.25, psnr=30), "bad": row(2, mpjpe=22, psnr=29)}
    columns = columns_of(METRICS, values["good"])
    rows = [values[name].outcome(name, columns, {"mpjpe": 19.37}, "") for name in values]
    rows.append(absent_row("none", columns, {}, "needs --input x=PATH: a file | of yours"))
    claim = Claim(says="good is better", contrast={"good": 1, "bad": -1}, metrics=METRICS)
    lost = Claim(says="none is worst", contrast={"bad": 1, "none": -1}, metrics=("psnr",))
    claims = judged([claim, lost], values, 0)
    return TableOutcome("9", "Made up", "nowhere", "demo", columns, tuple(rows), claims, ("a note",))


def test_the_papers_numbers_stand_beside_the_measured_ones_and_reasons_are_given() -> None:
    """Catches numbers without their scale, and an empty cell that says nothing."""
    text = markdown(made_up_table())
    assert "| good | 20.25 [19.25, 21.25] | 19.37 | 30 | – |" in text and "| demo scale |" in text
    assert "- none, MPJPE, PSNR: needs --input x=PATH: a file | of yours" in text
    assert "| good is better | mpjpe |" in text and "holds |" in text
    assert "not tested: row 'none' could not be computed" in text


def test_a_table_without_numbers_of_the_papers_has_no_column_for_them() -> None:
    """Catches a column of dashes that reads like results of the paper, and rho that is called a quality."""
    columns = (ColumnName("clip", "rho with clip MPJPE", "1", "none"),)
    claim = ClaimOutcome("worse goes with worse", "rho", Contrast(0.3, 0.1, 0.5, None, 20, paired=True))
    rows = tuple(RowOutcome(name, {"clip": Cell(0.3, 0.1, 0.5, n)}) for name, n in (("slip", 20), ("jerk", 3)))
    text = markdown(TableOutcome("9", "Made up", "nowhere", "demo", columns, rows, (claim,)))
    assert "| demo scale | rho with clip MPJPE |" in text and "| slip | 0.3 [0.1, 0.5] |" in text
    assert "| jerk | 0.3 [0.1, 0.5] (n = 3) |" in text, "a row over fewer clips says so"
    assert "| paper |" not in text and "The contrast is Spearman's rho" in text


def test_files_are_complete_and_the_same_each_time(tmp_path: Path) -> None:
    """Catches a plot with a date in it, and a CSV that drops the rows without numbers."""
    first, second = write_table(made_up_table(), tmp_path / "a"), write_table(made_up_table(), tmp_path / "b")
    assert set(first) == {"markdown", "csv", "plot", "orderings"}
    assert all(Path(first[kind]).read_bytes() == Path(second[kind]).read_bytes() for kind in first)
    with Path(first["csv"]).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6 and rows[0]["paper"] == "19.37" and rows[5]["reason"].startswith("needs")
    assert read_image(Path(first["plot"]).read_bytes()).std() > 5
