"""Contrasts of settings. Each test names the defect that it catches."""

import numpy as np
import pytest

from pam_models.metrics.contrast import paired_contrast, set_contrast, unpaired_contrast

ONE_BETTER = np.array([1.0, -1.0])


def test_a_steady_difference_holds_where_the_clips_differ_much() -> None:
    """Catches a test that does not pair: clips differ by tens, the settings by one."""
    rng = np.random.default_rng(0)
    clips = rng.normal(0.0, 30.0, 20)
    quality = np.stack([clips + 1.0 + rng.normal(0, 0.2, 20), clips])
    paired = paired_contrast(quality, ONE_BETTER, 0)
    assert paired.verdict == "holds" and paired.p is not None and paired.p == pytest.approx(2 * 0.5**20)
    assert paired.low is not None and 0.7 < paired.low < paired.value < 1.3
    assert unpaired_contrast(list(quality), ONE_BETTER, 0).verdict == "not decided"
    assert paired_contrast(quality[::-1], ONE_BETTER, 0).verdict == "the other way round"


def test_one_clip_of_many_decides_nothing() -> None:
    """Catches an ordering that is said to hold because the intervals of few clips are too narrow."""
    quality = np.stack([[5.2, 0.3, 0.4, 0.2, 0.3, -0.1, -0.1, 0.2], np.zeros(8)])
    found = paired_contrast(quality, ONE_BETTER, 0)
    assert found.low is not None and found.low > 0 and found.p is not None and found.p > 0.05
    assert found.verdict == "not decided"
    five = paired_contrast(np.stack([np.arange(1.0, 6.0), np.zeros(5)]), ONE_BETTER, 0)
    assert five.low is not None and five.low > 0 and five.verdict == "not decided"


def test_a_difference_of_differences_by_hand() -> None:
    """Catches weights that are taken for pairs only."""
    quality = np.array([[5.0, 6.0], [1.0, 1.0], [4.0, 4.0], [3.0, 2.0]])
    found = paired_contrast(quality, np.array([1.0, -1.0, -1.0, 1.0]), 0)
    assert found.value == pytest.approx(np.mean([5 - 1 - 4 + 3, 6 - 1 - 4 + 2])) and found.n == 2


def test_a_number_of_sets_is_resampled_around_its_value() -> None:
    """Catches the shift that repeated clips bring, which alone can turn a verdict."""
    values = np.linspace(1.0, 2.0, 12)
    found = set_contrast(12, lambda places: float(values[places].mean() + 5 * (len(set(places.tolist())) < 12)), 0)
    assert found.value == pytest.approx(1.5) and found.low is not None and found.low < 1.5 < (found.high or 0)
    assert found.p is not None and 0 < found.p < 0.05


def test_what_has_no_number_is_refused() -> None:
    """Catches a mean over clips that are not the same ones."""
    with pytest.raises(ValueError, match="every clip"):
        paired_contrast(np.array([[1.0, np.nan], [1.0, 1.0]]), ONE_BETTER, 0)
    with pytest.raises(ValueError, match="clips for each"):
        unpaired_contrast([np.array([1.0]), np.array([])], ONE_BETTER, 0)
