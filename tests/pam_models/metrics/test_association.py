"""Correlations with intervals. Each test says which defect it would catch."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from pam_models.metrics.association import association

RNG = np.random.default_rng(5)
X = RNG.normal(size=80)
Y = 0.6 * X + 0.8 * RNG.normal(size=80)


def test_both_kinds_are_scipys() -> None:
    """Catches a wrong formula; with ties too."""
    assert association(X, Y).value == pytest.approx(pearsonr(X, Y).statistic, abs=1e-12)
    tied = np.round(X)
    assert association(tied, Y, "spearman").value == pytest.approx(spearmanr(tied, Y).statistic, abs=1e-12)


def test_the_interval_covers_as_fishers_does() -> None:
    """Catches an interval of another statistic: Fisher's z interval, to 0.06."""
    found = association(X, Y)
    fisher = pearsonr(X, Y).confidence_interval()
    assert found.low == pytest.approx(fisher.low, abs=0.06) and found.high == pytest.approx(fisher.high, abs=0.06)


def test_shift_scale_and_permutation() -> None:
    """Catches a correlation that depends on units or order."""
    assert association(X * 1000 + 7, Y).value == pytest.approx(association(X, Y).value)
    order = RNG.permutation(80)
    assert association(X[order], Y[order]).value == pytest.approx(association(X, Y).value)
    assert association(X, X).value == pytest.approx(1.0) and association(X, -X).value == pytest.approx(-1.0)


def test_what_has_no_correlation_says_why() -> None:
    """Catches NaN or 0 in place of a reason."""
    assert association(X[:2], Y[:2]).reason == "needs at least 3 pairs, there are 2"
    assert association(np.ones(80), Y).reason == "one of the two does not vary"
    holes = np.where(np.arange(80) < 70, np.nan, X)
    assert association(holes, Y).n == 10
    with pytest.raises(ValueError, match="one length"):
        association(X, Y[:5])
