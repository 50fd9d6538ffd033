"""PCK and the area under its curve: the share of joints whose error is within a threshold.

Source: FreiHAND's and DexYCB's evaluation: thresholds 0 to 50 mm in 100 steps, trapezoids, divided by the range, all 21
joints pooled over all frames. Units: shares in 0..1; 1 is perfect. Limits: with wrist-aligned errors the wrist itself
always counts as found, which lifts the value by 1/21 at most.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

AUC_HIGH_MM = 50.0
AUC_STEPS = 100


def pck(errors_mm: Float[np.ndarray, "*n"], thresholds_mm: Float[np.ndarray, " K"]) -> Float[np.ndarray, " K"]:
    """Share of errors at or below each threshold. Raises ValueError for no errors at all."""
    ordered = np.sort(np.asarray(errors_mm, np.float64).reshape(-1))
    if not len(ordered):
        raise ValueError("PCK needs at least one error")
    return np.searchsorted(ordered, thresholds_mm, side="right") / len(ordered)


def auc(errors_mm: Float[np.ndarray, "*n"], high_mm: float = AUC_HIGH_MM, steps: int = AUC_STEPS) -> float:
    """Area under PCK from 0 to `high_mm`, divided by `high_mm`. Raises ValueError for no errors at all."""
    thresholds = np.linspace(0.0, high_mm, steps)
    return float(np.trapezoid(pck(errors_mm, thresholds), thresholds) / high_mm)
