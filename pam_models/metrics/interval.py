"""Confidence intervals by bootstrap over clips (Efron and Tibshirani 1993, percentile interval), from a given seed.

Clips are drawn with replacement, whole: frames of one clip are no independent samples. Limits: below about ten clips
an interval says little, and clips of one trajectory resemble each other, which makes intervals too narrow.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

from pam_models.metrics.result import MetricResult, MetricSpec, unavailable

LEVEL = 0.95
RESAMPLES = 1000


def bootstrap(
    count: int, statistic: Callable[[Int[np.ndarray, " N"]], float], seed: int, resamples: int = RESAMPLES
) -> Float[np.ndarray, " R"]:
    """The statistic of `resamples` draws of `count` places with replacement; draws without a finite value are NaN."""
    rng = np.random.default_rng(seed)
    return np.array([statistic(rng.integers(0, count, count)) for _ in range(resamples)], np.float64)


def percentile_interval(draws: Float[np.ndarray, " R"]) -> tuple[float, float] | None:
    """The middle 95 % of the finite draws; None where fewer than half are finite."""
    finite = draws[np.isfinite(draws)]
    if len(finite) < max(2, len(draws) / 2):
        return None
    low, high = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def mean_result(
    spec: MetricSpec, values: Float[np.ndarray, " N"], seed: int, missing: str = "no clip has a value"
) -> MetricResult:
    """The mean of the finite values with its interval; `missing` is the reason where there are none."""
    finite = np.asarray(values, np.float64)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return unavailable(spec, missing)
    interval = None
    if len(finite) > 1:
        interval = percentile_interval(bootstrap(len(finite), lambda places: float(finite[places].mean()), seed))
    low, high = interval or (None, None)
    return MetricResult(spec, len(finite), float(finite.mean()), low, high)
