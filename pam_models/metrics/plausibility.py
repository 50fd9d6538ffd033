"""Plausibility of the motion that is seen: acceleration and jerk of estimated joints against those of the truth.

Source: acceleration error as in HMMR (Kanazawa et al. 2019) and VIBE, in m/s^2; jerk as the root mean square of the
third finite difference, given as a ratio to the truth's: 1 is as smooth as the truth, more is shakier. Joints are
wrist-aligned, so the ratio is about the fingers. Limits: an estimator's own jitter counts in full; compare builds that
were measured with one estimator.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def acceleration_error_m_s2(
    pred_m: Float[np.ndarray, "T J 3"], true_m: Float[np.ndarray, "T J 3"], fps: float
) -> float:
    """Mean length of the difference of both accelerations. Raises ValueError for shapes that differ and T < 3."""
    pred, true = _wrist_aligned(pred_m, true_m, 3)
    difference = np.diff(pred, n=2, axis=0) - np.diff(true, n=2, axis=0)
    return float(np.linalg.norm(difference, axis=-1).mean() * fps**2)


def jerk_ratio(pred_m: Float[np.ndarray, "T J 3"], true_m: Float[np.ndarray, "T J 3"]) -> float:
    """RMS jerk of the estimate over that of the truth.

    Raises ValueError for shapes that differ, T < 4, and a truth whose joints have no jerk at all.
    """
    pred, true = _wrist_aligned(pred_m, true_m, 4)
    of_truth = float(np.sqrt((np.diff(true, n=3, axis=0) ** 2).mean()))
    if of_truth <= 1e-9:
        raise ValueError("the known joints do not accelerate, so a ratio of jerks means nothing")
    return float(np.sqrt((np.diff(pred, n=3, axis=0) ** 2).mean())) / of_truth


def _wrist_aligned(pred: np.ndarray, true: np.ndarray, fewest: int) -> tuple[np.ndarray, np.ndarray]:
    if pred.shape != true.shape or pred.ndim != 3 or pred.shape[-1] != 3:
        raise ValueError(f"motion errors need two equal shapes (T, J, 3); got {pred.shape} and {true.shape}")
    if len(pred) < fewest:
        raise ValueError(f"needs at least {fewest} frames; got {len(pred)}")
    first, second = np.asarray(pred, np.float64), np.asarray(true, np.float64)
    return first - first[:, :1], second - second[:, :1]
