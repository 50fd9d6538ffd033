"""tasks/report/axes.py: scales, round ticks, and text that cannot break out of the figure."""

import pytest
from markupsafe import Markup

from tasks.report.axes import Frame, Scale, axes, figure, number, round_step, round_up, ticks_of

FRAME = Frame(200, 100, Scale(0, 10, 20, 190), Scale(0, 5, 80, 10))


def test_scale_maps_ends_and_runs_upwards_in_y() -> None:
    """Catches a y axis that grows downwards."""
    assert (FRAME.x(0), FRAME.x(10), FRAME.x(5)) == (20, 190, 105)
    assert (FRAME.y(0), FRAME.y(5)) == (80, 10)


@pytest.mark.parametrize(
    ("span", "ticks", "step"), [(10, 5, 2), (9.9, 5, 2), (1, 4, 0.5), (43, 10, 5), (0.03, 3, 0.01)]
)
def test_steps_are_round(span: float, ticks: int, step: float) -> None:
    """Catches ticks such as 1.98, and a step one size too small through rounding errors."""
    assert round_step(span, ticks) == pytest.approx(step)


def test_ticks_include_both_ends_when_round() -> None:
    """Catches a last tick lost to floating point."""
    assert ticks_of(Scale(0, 0.3, 0, 1), 3) == pytest.approx([0, 0.1, 0.2, 0.3])
    assert ticks_of(Scale(3, 17, 0, 1), 4) == [5, 10, 15]


def test_counts_have_whole_ticks() -> None:
    """Catches half a candidate and half a frame on an axis."""
    assert ticks_of(Scale(0, 2, 0, 1, whole=True), 8) == [0, 1, 2]


def test_round_up_reaches_the_value() -> None:
    """Catches an axis that ends below its largest value."""
    assert round_up(17.3, 4) == 20
    assert round_up(20, 4) == 20


def test_numbers_are_short() -> None:
    """Catches coordinates of sixteen digits and a minus zero."""
    assert [number(value) for value in (1.0, 0.125, -0.001, 12.5)] == ["1", "0.12", "0", "12.5"]


def test_titles_are_escaped() -> None:
    """Catches markup from data inside an SVG."""
    drawn = figure(FRAME, "f", 'a "quoted" <b>', axes(FRAME, "<script>", "mm"))
    assert isinstance(drawn, Markup)
    assert "<script>" not in drawn
    assert "&lt;script&gt;" in drawn
    assert 'aria-label="a &#34;quoted&#34; &lt;b&gt;"' in drawn
