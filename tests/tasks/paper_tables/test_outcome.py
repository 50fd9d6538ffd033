"""What a table came to. Each test names the defect that it catches."""

from tasks.paper_tables.outcome import ClaimOutcome, ColumnName, absent_row, titled


def test_titles_say_unit_and_direction() -> None:
    """Catches a column whose reader must guess which way is better."""
    assert titled(ColumnName("psnr", "PSNR", "dB", "higher")) == "PSNR (dB) ↑"
    assert titled(ColumnName("mf", "MF", "1", "none")) == "MF"


def test_what_is_absent_keeps_the_papers_number_and_its_reason() -> None:
    """Catches an empty row."""
    row = absent_row("MLP", (ColumnName("fvd", "FVD", "1", "lower"),), {"fvd": 31.59}, "no recipe")
    assert row.cells["fvd"].paper == 31.59 and row.cells["fvd"].reason == "no recipe"
    assert ClaimOutcome("says", "fvd", reason="no").verdict == "not tested"
