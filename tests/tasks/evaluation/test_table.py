"""The table of measurements. Each test says which defect it would catch."""

from tasks.evaluation.table import CLIP_MEASUREMENTS


def test_every_column_has_a_unit_and_a_description() -> None:
    """Catches a number that nobody can read."""
    names = [column.name for column in CLIP_MEASUREMENTS.columns]
    assert len(set(names)) == len(names)
    assert all(len(column.description) > 3 for column in CLIP_MEASUREMENTS.columns)
    assert {"psnr_db", "mpjpe_mm", "unavailable"} <= set(names)
