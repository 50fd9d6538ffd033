"""tasks/report/motions.py: each trajectory with every condition map, and its own figures."""

from dataclasses import replace

import numpy as np

from pam_models.metrics.association import association
from tasks.report import motions
from tasks.report.data import Propagation, Relation, ReportData
from tasks.report.motions import motion_views

NOTHING = association(np.zeros(0), np.zeros(0))


def _measured(report: ReportData) -> ReportData:
    columns = (
        ("slip_mm", "mm", [1.2345, 2.0]),
        ("lifted", "", [1.0, 0.0]),
        ("penetration_cm3_max", "cm^3", [np.nan, 0.25]),
        ("contact_ratio", "1", [0.92, 1.0]),
    )
    relations = tuple(
        Relation(name, unit, f"what {name} means", np.array(values), NOTHING, NOTHING) for name, unit, values in columns
    )
    return replace(report, propagation=Propagation(np.zeros(2), np.zeros(2), relations, ()))


def test_figures_are_the_trajectorys_own(report: ReportData) -> None:
    """Catches figures of another trajectory, units that are lost, and an unknown number that looks like a known one."""
    first, second = motion_views(_measured(report))
    assert [(one.name, one.value) for one in first.figures] == [
        ("slip", "1.23 mm"), ("lifted", "yes"), ("penetration volume, largest", "–"), ("contact ratio", "0.92"),
    ]  # fmt: skip
    assert [one.value for one in second.figures] == ["2 mm", "no", "0.25 cm³", "1"]
    assert first.figures[0].meaning == "what slip_mm means"


def test_every_map_stands_beside_the_shaded_picture(report: ReportData) -> None:
    """Catches a condition that the page does not show."""
    for view in motion_views(report):
        assert view.panels is not None
        assert view.panels.names == (
            "shaded", "depth", "segmentation", "keypoints", "normal", "mesh", "tracking", "hand mask",
        )  # fmt: skip
        assert view.video_uri.startswith("data:video/mp4;base64,")


def test_missing_maps_leave_their_reason(report: ReportData) -> None:
    """Catches one lost file that ends the whole page."""
    lost = replace(report.trajectories[0], preview_uri="preview/missing/0")
    first, second = motion_views(replace(report, trajectories=(lost, *report.trajectories[1:])))
    assert first.panels is None and first.video_uri == "" and "no object at" in first.trouble
    assert second.panels is not None


def test_videos_stop_where_the_page_would_grow_too_large(report: ReportData) -> None:
    """Catches a page of hundreds of megabytes."""
    before = motions.MAX_MOTION_BYTES
    motions.MAX_MOTION_BYTES = 1
    try:
        assert [bool(view.video_uri) for view in motion_views(report)] == [True, False]
    finally:
        motions.MAX_MOTION_BYTES = before
