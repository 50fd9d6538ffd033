"""tasks/report/charts.py: figures say what the numbers say."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from markupsafe import Markup

from tasks.report.charts import bin_errors, error_over_frames, histogram


def parse(svg: Markup) -> ElementTree.Element:
    return ElementTree.fromstring(str(svg))


def drawn(svg: Markup, tag: str, css_class: str) -> list[ElementTree.Element]:
    return [one for one in parse(svg).iter(tag) if one.get("class") == css_class]


@pytest.fixture(scope="module")
def errors() -> np.ndarray:
    return np.random.default_rng(3).gamma(5.0, 3.0, 400) + 2.0


def test_every_error_is_in_one_bin(errors: np.ndarray) -> None:
    """Catches errors lost at the edges and kept counted as dropped."""
    kept = errors < 22
    bins = bin_errors(errors, kept, 22.0)
    assert bins.kept.sum() == kept.sum()
    assert bins.dropped.sum() == (~kept).sum()
    edges = np.linspace(bins.low, bins.high, len(bins.kept) + 1)
    assert np.array_equal(bins.kept[:-1], np.histogram(errors[kept], edges)[0][:-1])


def test_one_outlier_does_not_squeeze_the_rest(errors: np.ndarray) -> None:
    """Catches a range stretched to a single wild value; the outlier is still counted, in the last bin."""
    wild = np.append(errors, 5000.0)
    bins = bin_errors(wild, np.ones(401, bool), None)
    assert bins.high < 100
    assert bins.kept.sum() == 401
    assert bins.above >= 1
    assert "beyond the last bin" in histogram(wild, np.ones(401, bool), None)


def test_equal_errors_make_one_bar() -> None:
    """Catches a division by a span of zero."""
    svg = histogram(np.full(7, 12.0), np.ones(7, bool), 12.0)
    assert len(drawn(svg, "rect", "kept")) == 1


def test_threshold_stands_where_its_value_is(errors: np.ndarray) -> None:
    """Catches a threshold line drawn on another scale than the bars: it lies between the ticks around its value."""
    svg = histogram(errors, errors <= 21.3, 21.3)
    line = drawn(svg, "line", "threshold")[0]
    ticks = {
        float(text.text): float(text.get("x", "nan"))
        for text in parse(svg).iter("text")
        if re.fullmatch(r"[\d.]+", text.text or "") and text.get("text-anchor") == "middle"
    }
    assert len(ticks) > 3
    (low, left), (high, right) = sorted(ticks.items())[:2]
    expected = left + (21.3 - low) / (high - low) * (right - left)
    assert float(line.get("x1", "nan")) == pytest.approx(expected, abs=0.05)
    assert "threshold 21.3 mm" in svg


def test_bars_are_as_high_as_their_counts() -> None:
    """Catches bars that are not stacked or not to scale."""
    svg = histogram(np.array([1.0, 1.1, 1.2, 3.0]), np.array([True, True, False, True]), None)
    heights = [float(bar.get("height", "nan")) for bar in drawn(svg, "rect", "kept")]
    dropped = drawn(svg, "rect", "dropped")[0]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.02)
    assert float(dropped.get("height", "nan")) == pytest.approx(heights[1], abs=0.02)
    first = drawn(svg, "rect", "kept")[0]
    assert float(dropped.get("y", "nan")) + float(dropped.get("height", "nan")) == pytest.approx(
        float(first.get("y", "nan")), abs=0.02
    )


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_nothing_scored_says_so(values: list[float]) -> None:
    """Catches a crash on a build whose candidates all failed."""
    assert "No scored candidates" in histogram(np.array(values), np.ones(len(values), bool), None)


def test_line_breaks_where_there_is_no_error() -> None:
    """Catches a line drawn through a frame without a hand, and hollow marks on the wrong frames."""
    values = np.array([5.0, 6.0, np.nan, 7.0, 8.0])
    svg = error_over_frames(values, np.array([True, True, False, True, False]), ("reach",) * 2 + ("close",) * 3, 4.0)
    assert len(drawn(svg, "polyline", "line")) == 2
    assert len(drawn(svg, "circle", "dot")) == 3
    assert len(drawn(svg, "circle", "dot missed")) == 1
    assert len(drawn(svg, "rect", "phase")) == 2
    assert "renderer’s frames 4.0 mm" in svg


def test_larger_error_is_drawn_higher() -> None:
    """Catches an upside-down chart."""
    svg = error_over_frames(np.array([2.0, 9.0]), np.ones(2, bool), ("reach", "reach"), float("nan"))
    low, high = (float(dot.get("cy", "nan")) for dot in drawn(svg, "circle", "dot"))
    assert high < low


def test_clip_without_any_error() -> None:
    """Catches nanmax on nothing."""
    assert "No frame" in error_over_frames(np.full(3, np.nan), np.zeros(3, bool), ("reach",) * 3, 4.0)


def test_phase_names_are_escaped() -> None:
    """Catches markup from a table's text column."""
    svg = error_over_frames(np.full(40, 2.0), np.ones(40, bool), ("<i>",) * 40, 4.0)
    assert "<i>" not in svg
