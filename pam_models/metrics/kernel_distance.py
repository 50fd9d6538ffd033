"""KID: the squared maximum mean discrepancy of two sets of features under a cubic polynomial kernel.

Source: Binkowski et al. 2018, torchmetrics' kernel: unbiased estimate on subsets of at most 1,000 samples, here the
mean over 20 seeded subsets. Units: none, 0 for equal distributions; it may be slightly negative. Limits: comparable
only within one extractor and picture size. Unlike FID it is not biased by the number of samples.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float

from pam_models.metrics.result import MetricResult, MetricSpec, unavailable

SUBSET = 1000
SUBSETS = 20


def kernel_distance(x: Float[np.ndarray, "N D"], y: Float[np.ndarray, "M D"], seed: int) -> float:
    """The distance of two sets of features. Raises ValueError for fewer than two samples or different widths."""
    from torchmetrics.image.kid import poly_mmd  # takes seconds to import, and few evaluations want KID

    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ValueError(f"a kernel distance needs features of one width; got {x.shape} and {y.shape}")
    size = min(len(x), len(y), SUBSET)
    if size < 2:
        raise ValueError(f"a kernel distance needs at least two samples on each side; got {len(x)} and {len(y)}")
    rng = np.random.default_rng(seed)
    whole = size == len(x) == len(y)
    found = []
    for _ in range(1 if whole else SUBSETS):
        first = x if whole else x[rng.permutation(len(x))[:size]]
        second = y if whole else y[rng.permutation(len(y))[:size]]
        theirs, ours = (torch.from_numpy(np.asarray(side, np.float64)) for side in (second, first))
        found.append(float(poly_mmd(theirs, ours)))
    return float(np.mean(found))


def kernel_result(
    spec: MetricSpec, generated: list[Float[np.ndarray, "F D"]], reference: list[Float[np.ndarray, "G D"]], seed: int
) -> MetricResult:
    """The distance over clips, without an interval; gives a reason where a side has fewer than two samples."""
    n = min(len(generated), len(reference))
    samples = [sum(len(one) for one in side) for side in (generated, reference)]
    if n == 0 or min(samples) < 2:
        return unavailable(spec, f"needs at least two samples on each side, there are {samples[0]} and {samples[1]}", n)
    return MetricResult(spec, n, kernel_distance(np.concatenate(generated), np.concatenate(reference), seed))
