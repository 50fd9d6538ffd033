"""Fréchet distance of two sets of features: FVD over clips and FID over frames, by the extractor's name.

Source: Heusel et al. 2017 (FID), Unterthiner et al. 2018 (FVD): |mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)) with
sample covariances. The trace of the root is taken as the nuclear norm of the product of the centred features, which is
exact also where a covariance is singular and needs no complex root. Units: squared feature units; numbers are
comparable only within one extractor, one picture size and about one number of samples.

Limits: the estimate is biased upwards for few samples (below some thousands, the more the smaller n is); it is given
all the same, with n. Its interval is the spread of the resampled estimate, moved onto the estimate: resampling repeats
samples, which shifts the estimate itself.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from pam_models.metrics.interval import bootstrap, percentile_interval
from pam_models.metrics.result import MetricResult, MetricSpec, unavailable

RESAMPLES = 100
MAX_INTERVAL_WORK = 3e11


def frechet_distance(x: Float[np.ndarray, "N D"], y: Float[np.ndarray, "M D"]) -> float:
    """The distance of two sets of features. Raises ValueError for fewer than two samples or different widths."""
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ValueError(f"a Fréchet distance needs features of one width; got {x.shape} and {y.shape}")
    if min(len(x), len(y)) < 2:
        raise ValueError(f"a Fréchet distance needs at least two samples on each side; got {len(x)} and {len(y)}")
    first, second = np.asarray(x, np.float64), np.asarray(y, np.float64)
    shift = first.mean(axis=0) - second.mean(axis=0)
    one = (first - first.mean(axis=0)) / np.sqrt(len(first) - 1)
    two = (second - second.mean(axis=0)) / np.sqrt(len(second) - 1)
    # tr((A'A B'B)^(1/2)) is the sum of the singular values of A B'.
    root = np.linalg.svdvals(_short(one) @ _short(two).T).sum()
    return max(0.0, float(shift @ shift + (one**2).sum() + (two**2).sum() - 2 * root))


def _short(samples: Float[np.ndarray, "N D"]) -> Float[np.ndarray, "K D"]:
    """At most D rows with the same A'A, by QR where there are more samples than features."""
    return np.asarray(np.linalg.qr(samples, mode="r")) if len(samples) > samples.shape[1] else samples


def frechet_result(
    spec: MetricSpec, generated: list[Float[np.ndarray, "F D"]], reference: list[Float[np.ndarray, "G D"]], seed: int
) -> MetricResult:
    """The distance over clips, each with its own features (one for a clip, or one for each frame), and its interval.

    Both sides are resampled clip by clip, together where they pair up. Gives a reason where a side has fewer than two
    samples; leaves the interval out where it would cost minutes.
    """
    n = min(len(generated), len(reference))
    samples = [sum(len(one) for one in side) for side in (generated, reference)]
    if n == 0 or min(samples) < 2:
        return unavailable(spec, f"needs at least two samples on each side, there are {samples[0]} and {samples[1]}", n)
    value = frechet_distance(np.concatenate(generated), np.concatenate(reference))
    width = generated[0].shape[1]
    work = RESAMPLES * min(max(samples), width) ** 2 * float(max(samples) + 20 * width)
    if n < 3 or work > MAX_INTERVAL_WORK:
        return MetricResult(spec, n, value)
    paired = len(generated) == len(reference)

    def resampled(places: Int[np.ndarray, " N"]) -> float:
        others = places if paired else places % len(reference)
        ours = np.concatenate([generated[place] for place in places])
        return frechet_distance(ours, np.concatenate([reference[place] for place in others]))

    draws = bootstrap(len(generated), resampled, seed, RESAMPLES)
    low, high = percentile_interval(draws - draws.mean() + value) or (None, None)
    return MetricResult(spec, n, value, None if low is None else max(0.0, low), high)
