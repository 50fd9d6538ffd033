"""How strongly two measured quantities go together: Pearson's r and Spearman's rho with bootstrap intervals.

Limits: a correlation over clips of one build says what goes together there, not what causes what.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.stats import rankdata

from pam_models.metrics.interval import bootstrap, percentile_interval
from pam_models.metrics.result import MetricResult, MetricSpec, unavailable

FEWEST = 3
Kind = Literal["pearson", "spearman"]
SPECS = {
    "pearson": MetricSpec("pearson_r", "1", "none", "Pearson's r, percentile bootstrap over pairs"),
    "spearman": MetricSpec(
        "spearman_rho", "1", "none", "Spearman's rho: Pearson's r of the ranks, ties get their mean rank"
    ),
}


def association(
    x: Float[np.ndarray, " N"], y: Float[np.ndarray, " N"], kind: Kind = "pearson", seed: int = 0
) -> MetricResult:
    """The correlation of the pairs in which both are finite.

    Gives a reason in place of a number for fewer than three pairs and where a side does not vary. Raises ValueError
    when the lengths differ.
    """
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"a correlation needs two lists of one length; got {x.shape} and {y.shape}")
    spec = SPECS[kind]
    both = np.isfinite(x) & np.isfinite(y)
    first, second = np.asarray(x, np.float64)[both], np.asarray(y, np.float64)[both]
    if len(first) < FEWEST:
        return unavailable(spec, f"needs at least {FEWEST} pairs, there are {len(first)}", len(first))
    value = _correlation(first, second, kind)
    if np.isnan(value):
        return unavailable(spec, "one of the two does not vary", len(first))
    draws = bootstrap(len(first), lambda places: _correlation(first[places], second[places], kind), seed)
    low, high = percentile_interval(draws) or (None, None)
    return MetricResult(spec, len(first), value, low, high)


def _correlation(x: Float[np.ndarray, " N"], y: Float[np.ndarray, " N"], kind: Kind) -> float:
    if kind == "spearman":
        x, y = rankdata(x), rankdata(y)
    dx, dy = x - x.mean(), y - y.mean()
    spread = float(np.sqrt((dx**2).sum() * (dy**2).sum()))
    if spread <= 1e-12 * max(1.0, float(np.abs(x).max() * np.abs(y).max())):
        return float("nan")
    return float(np.clip((dx * dy).sum() / spread, -1.0, 1.0))
