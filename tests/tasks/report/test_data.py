"""tasks/report/data.py: counts by step."""

from tasks.report.data import ReportData, StepCount


def test_count_of_a_step(report: ReportData) -> None:
    """Catches the wrong step's counts, and a crash for a step that this build does not have."""
    assert report.count("select-candidates") == StepCount("select-candidates", 45, 15, 0)
    assert report.count("select-clips").total == 0
    assert report.count("pose").total == 3
