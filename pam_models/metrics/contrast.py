"""Whether one setting is better than another: a weighted sum of means over the same clips, with interval and p-value.

A contrast is a sum of weights times qualities, such as +1 for one setting and -1 for another, or two differences and
their difference. Quality is a number of which more is better. Where all settings are measured on the same clips the
clips are resampled together (paired bootstrap, Efron and Tibshirani 1993, percentile interval), and the p-value is that
of the exact two-sided sign test over clips (ties dropped). A verdict needs both: percentile intervals of few clips are
too narrow, and the sign test alone knows no sizes; so fewer than six clips never decide. Several contrasts of one table
are not corrected for being several.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import binomtest

from pam_models.metrics.interval import bootstrap, percentile_interval

FEWEST = 2
ALPHA = 0.05


@dataclass(frozen=True)
class Contrast:
    """A contrast's value with its 95 % interval (None where there are too few clips for one) and p-value."""

    value: float
    low: float | None
    high: float | None
    p: float | None
    n: int
    paired: bool

    @property
    def verdict(self) -> str:
        """Whether the contrast is above zero: `holds`, `the other way round`, or `not decided`; see the module."""
        if self.p is not None and self.p >= ALPHA:
            return "not decided"
        if self.low is not None and self.low > 0:
            return "holds"
        if self.high is not None and self.high < 0:
            return "the other way round"
        return "not decided"


def paired_contrast(quality: Float[np.ndarray, "R N"], weights: Float[np.ndarray, " R"], seed: int) -> Contrast:
    """R settings measured on the same N clips. Raises ValueError where the shapes misfit or a clip has no number."""
    if quality.ndim != 2 or weights.shape != quality.shape[:1] or not quality.shape[1]:
        raise ValueError(f"a paired contrast needs (R, N) numbers and R weights; got {quality.shape}, {weights.shape}")
    if not np.isfinite(quality).all():
        raise ValueError("a paired contrast needs a number for every clip under every setting")
    of_clips = np.asarray(weights @ quality, np.float64)
    count = len(of_clips)
    low, high = _interval(bootstrap(count, lambda places: float(of_clips[places].mean()), seed), count)
    better, worse = int((of_clips > 0).sum()), int((of_clips < 0).sum())
    p = float(binomtest(better, better + worse).pvalue) if better + worse else 1.0
    return Contrast(float(of_clips.mean()), low, high, p, count, paired=True)


def unpaired_contrast(
    quality: Sequence[Float[np.ndarray, " N"]], weights: Float[np.ndarray, " R"], seed: int
) -> Contrast:
    """R settings measured on clips of their own; each is resampled by itself and p is the bootstrap's, two-sided.

    Raises ValueError where a setting has no clip.
    """
    counts = [len(one) for one in quality]
    if len(quality) != len(weights) or not counts or min(counts) == 0:
        raise ValueError(f"an unpaired contrast needs clips for each of {len(weights)} weights; got {counts}")
    draws = np.zeros(len(bootstrap(1, lambda places: 0.0, seed)))
    for number, (one, weight) in enumerate(zip(quality, weights, strict=True)):
        means = bootstrap(len(one), lambda places, one=one: float(one[places].mean()), seed + number)  # type: ignore[misc]
        draws = draws + weight * means
    value = float(sum(weight * one.mean() for weight, one in zip(weights, quality, strict=True)))
    low, high = _interval(draws, min(counts))
    return Contrast(value, low, high, _share_beyond(draws), min(counts), paired=False)


def set_contrast(
    count: int, statistic: Callable[[Int[np.ndarray, " N"]], float], seed: int, resamples: int = 200
) -> Contrast:
    """A contrast of numbers that only a set of clips has, such as FVD: `statistic` gives it for chosen clips.

    Resampling repeats clips, which shifts such numbers: the draws are moved onto the value. p is the bootstrap's.
    """
    value = statistic(np.arange(count))
    draws = bootstrap(count, statistic, seed, resamples)
    draws = draws - np.nanmean(draws) + value
    low, high = _interval(draws, count)
    return Contrast(value, low, high, _share_beyond(draws), count, paired=True)


def _interval(draws: Float[np.ndarray, " R"], count: int) -> tuple[float | None, float | None]:
    found = percentile_interval(draws) if count >= FEWEST else None
    return found or (None, None)


def _share_beyond(draws: Float[np.ndarray, " R"]) -> float:
    """Twice the share of draws on the rarer side of zero; one draw is added, so that it is never 0."""
    finite = draws[np.isfinite(draws)]
    rarer = min(int((finite <= 0).sum()), int((finite >= 0).sum()))
    return float(min(1.0, 2 * (rarer + 1) / (len(finite) + 1)))
