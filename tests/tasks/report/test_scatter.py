"""Scatter figures. Each test says which defect it would catch."""

import re

import numpy as np

from tasks.report.scatter import MOST_POINTS, against, first_frame_against_clip


def points(svg: str) -> list[tuple[float, float]]:
    found = re.findall(r'class="pair" cx="([-\d.]+)" cy="([-\d.]+)"', svg)
    return [(float(x), float(y)) for x, y in found]


def test_axes_are_not_exchanged() -> None:
    """Catches the first frame drawn upwards."""
    drawn = points(first_frame_against_clip(np.array([[1.0, 10.0], [2.0, 12.0], [3.0, 11.0]])))
    assert [x for x, _ in drawn] == sorted(x for x, _ in drawn)
    assert drawn[1][1] < drawn[2][1] < drawn[0][1]


def test_unknown_points_are_left_out_and_many_are_thinned() -> None:
    """Catches NaN in a page, and a page of a hundred megabytes."""
    svg = against(np.array([1.0, np.nan, 3.0]), np.array([5.0, 6.0, 7.0]), "slip_mm", "clip MPJPE (mm)")
    assert len(points(svg)) == 2 and "nan" not in svg and "slip_mm" in svg
    many = np.arange(MOST_POINTS * 2.0)
    assert len(points(against(many, many, "x", "y"))) == MOST_POINTS


def test_nothing_to_draw_is_nothing() -> None:
    """Catches an axis of no length."""
    assert against(np.array([1.0]), np.array([1.0]), "x", "y") == ""
    assert len(points(against(np.zeros(3), np.arange(3.0), "x", "y"))) == 3
