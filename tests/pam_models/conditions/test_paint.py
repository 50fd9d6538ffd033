"""Patterns on objects."""

from dataclasses import replace

import numpy as np
import pytest

from pam_models.conditions.appearance_style import sample_style
from pam_models.conditions.paint import pattern_numbers, second_colour_share

VERTICES = np.array([[-0.03, -0.03, -0.1], [0.03, 0.03, 0.1]])


def _share(pattern: str, points: np.ndarray, vertices: np.ndarray = VERTICES) -> np.ndarray:
    style = replace(sample_style(0), object_pattern=pattern, pattern_frequency=3, pattern_phase=0.3)
    numbers = pattern_numbers(style, vertices)
    return np.array([second_colour_share(*point, numbers) for point in points.tolist()])


def test_plain_has_one_colour_and_others_have_two() -> None:
    """Catches patterns that never show, or show where none is wanted."""
    points = np.random.default_rng(0).uniform(VERTICES[0], VERTICES[1], (500, 3))
    assert not _share("plain", points).any()
    for pattern in ("bands", "stripes", "two_tone"):
        share = _share(pattern, points)
        assert share.min() == 0
        assert share.max() == 1


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_bands_run_around_the_long_axis(axis: int) -> None:
    """Catches bands along the wrong axis when an object lies on its side."""
    turned = np.roll(VERTICES, axis - 2, axis=1)
    points = np.random.default_rng(1).uniform(turned[0], turned[1], (200, 3))
    moved = points.copy()
    moved[:, (axis + 1) % 3] += 0.013
    np.testing.assert_allclose(_share("bands", points, turned), _share("bands", moved, turned))


def test_unknown_patterns_are_refused() -> None:
    """Catches a misspelt pattern that would quietly be plain."""
    with pytest.raises(ValueError, match="no object pattern 'dots'"):
        _share("dots", VERTICES)
