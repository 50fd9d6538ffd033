"""tasks/report/headline.py: the figures at the head are those of the tables."""

from dataclasses import replace

import numpy as np
import pytest

from tasks.report.data import ReportData, Scores
from tasks.report.headline import Figure, amounts, error_ratio, errors, mean_of, millimetres, notes, whole


def by_name(figures: tuple[Figure, ...]) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


def test_amounts_come_from_the_counts(report: ReportData) -> None:
    """Catches a figure that shows another step's rows."""
    found = by_name(amounts(report))
    assert {name: figure.value for name, figure in found.items()} == {
        "trajectories": "2", "candidates": "60", "kept / dropped": "45 / 15", "clips": "2",
        "labelled frames": "98", "failures": "1",
    }  # fmt: skip
    assert found["failures"].tone == "bad"
    assert found["candidates"].detail == "30 per trajectory"


def test_ratio_takes_clips_with_both_errors_only(report: ReportData) -> None:
    """Catches a ratio of means over different clips."""
    data = replace(
        report,
        clip_scores=Scores(np.array([12.0, np.nan, 90.0]), np.ones(3, bool)),
        reference_mm=np.array([8.0, 5.0, np.nan]),
    )
    assert error_ratio(data) == pytest.approx(1.5)


@pytest.mark.parametrize(("clip_mm", "tone"), [(15.0, "good"), (25.0, "bad"), (float("nan"), "plain")])
def test_ratio_says_whether_the_target_is_met(report: ReportData, clip_mm: float, tone: str) -> None:
    """Catches a missed target shown in green."""
    data = replace(report, clip_scores=Scores(np.array([clip_mm]), np.ones(1, bool)), reference_mm=np.array([10.0]))
    assert by_name(errors(data))["ratio"].tone == tone


def test_approximate_poses_are_said_first(report: ReportData) -> None:
    """Catches a GraspXL build without MANO that looks exact."""
    first = notes(replace(report, num_approximate=2))[0]
    assert (first.tone, first.title) == ("warning", "Approximate poses")
    assert first.text.startswith("2 of 2 trajectories")
    assert all(note.title != "Approximate poses" for note in notes(report))


def test_noncommercial_mix_is_a_warning(report: ReportData) -> None:
    """Catches a licence that stays a footnote."""
    mixed = replace(report, license_tags=("Apache-2.0", "graspxl:CC-BY-NC-4.0"))
    assert [note.tone for note in notes(mixed) if note.title == "Licence"] == ["warning"]
    assert [note.tone for note in notes(report) if note.title == "Licence"] == ["info"]


def test_missing_hands_are_counted(report: ReportData) -> None:
    """Catches undetected candidates that vanish from histogram and text alike."""
    some = report.candidate_scores.mpjpe_mm.copy()
    some[:3] = np.nan
    unseen = replace(report, candidate_scores=replace(report.candidate_scores, mpjpe_mm=some))
    assert any("in 3 of the candidates" in note.text for note in notes(unseen))


def test_empty_build_has_dashes_not_errors(report: ReportData) -> None:
    """Catches division by zero and warnings where everything failed."""
    none = np.zeros(0)
    empty = replace(
        report,
        counts=(),
        clip_scores=Scores(none, none.astype(bool)),
        reference_mm=none,
        trajectories=(),
        quality=(),
        splits={},
    )
    assert by_name(amounts(empty))["candidates"].value == "0"
    assert by_name(errors(empty))["ratio"].value == "–"


def test_numbers_for_reading() -> None:
    """Catches nan and None printed as such, and long counts without gaps."""
    assert [millimetres(None), millimetres(float("nan")), millimetres(3.14159)] == ["–", "–", "3.1 mm"]
    assert whole(3000000) == "3 000 000"
    assert np.isnan(mean_of(np.array([np.nan])))
