"""Bootstrap over clips. Each test says which defect it would catch."""

import numpy as np
import pytest
from scipy.stats import bootstrap as scipy_bootstrap

from pam_models.metrics.interval import bootstrap, mean_result, percentile_interval
from pam_models.metrics.result import MetricSpec

SPEC = MetricSpec("m", "mm", "lower", "p")


def test_the_interval_is_scipys() -> None:
    """Catches a wrong level or quantile: scipy's percentile bootstrap of the mean, to a tenth of the interval."""
    values = np.random.default_rng(0).gamma(4.0, 3.0, 60)
    ours = mean_result(SPEC, values, seed=1)
    theirs = scipy_bootstrap((values,), np.mean, n_resamples=4000, method="percentile", rng=2).confidence_interval
    assert ours.low is not None and ours.high is not None and ours.value == pytest.approx(values.mean())
    assert ours.low == pytest.approx(theirs.low, abs=0.1 * (theirs.high - theirs.low))
    assert ours.high == pytest.approx(theirs.high, abs=0.1 * (theirs.high - theirs.low))


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    """Catches a global generator."""
    values = np.random.default_rng(0).normal(size=30)
    assert mean_result(SPEC, values, 3) == mean_result(SPEC, values, 3)
    assert mean_result(SPEC, values, 3).low != mean_result(SPEC, values, 4).low


def test_the_order_of_clips_leaves_the_mean_alone() -> None:
    """Catches a mean that depends on how shards were cut."""
    values = np.random.default_rng(0).normal(size=30)
    assert mean_result(SPEC, values[::-1].copy(), 3).value == pytest.approx(mean_result(SPEC, values, 3).value)


def test_missing_values_are_left_out_and_counted_out() -> None:
    """Catches NaN that spreads, and an n that counts what was not measured."""
    found = mean_result(SPEC, np.array([1.0, np.nan, 3.0]), 0)
    assert (found.value, found.n) == (2.0, 2)
    single = mean_result(SPEC, np.array([5.0]), 0)
    assert (single.value, single.low, single.high) == (5.0, None, None)
    assert mean_result(SPEC, np.array([np.nan]), 0, "no truth").reason == "no truth"
    assert percentile_interval(np.array([np.nan, np.nan, 1.0])) is None


def test_equal_values_have_an_interval_of_no_width() -> None:
    """Catches draws that reach outside the values."""
    found = mean_result(SPEC, np.full(9, 2.5), 0)
    assert (found.low, found.high) == (2.5, 2.5)
    assert set(bootstrap(3, lambda places: float(places.max()), 0, 50).tolist()) <= {0.0, 1.0, 2.0}
