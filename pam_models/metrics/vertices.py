"""Errors of an estimated hand surface: PVE (wrist-aligned), PA-PVE (Procrustes) and F-scores.

Source: FreiHAND's evaluation (PA-MPVPE in the papers is PA-PVE here; F@5 and F@15 are F-scores at 5 and 15 mm after
Procrustes alignment). Units: mm and shares. Limits: PVE needs the same vertex order on both sides, so an estimator
with another mesh than the truth's has F-scores only.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from pam_models.metrics.mpjpe import similarity_aligned

_MM_PER_M = 1000.0


def pve_mm(
    pred_m: Float[np.ndarray, "B V 3"],
    true_m: Float[np.ndarray, "B V 3"],
    pred_wrist_m: Float[np.ndarray, "B 3"],
    true_wrist_m: Float[np.ndarray, "B 3"],
) -> Float[np.ndarray, " B"]:
    """Mean distance over the vertices after both wrists are put at the origin, in millimetres.

    Raises ValueError when the shapes differ or are not (B, V, 3).
    """
    _check(pred_m, true_m)
    pred = np.asarray(pred_m, np.float64) - np.asarray(pred_wrist_m, np.float64)[:, None]
    true = np.asarray(true_m, np.float64) - np.asarray(true_wrist_m, np.float64)[:, None]
    return np.asarray(np.linalg.norm(pred - true, axis=-1).mean(axis=-1) * _MM_PER_M)


def pa_pve_mm(pred_m: Float[np.ndarray, "B V 3"], true_m: Float[np.ndarray, "B V 3"]) -> Float[np.ndarray, " B"]:
    """Mean distance over the vertices after the best similarity (no reflection), in millimetres.

    Raises ValueError when the shapes differ or are not (B, V, 3).
    """
    _check(pred_m, true_m)
    true = np.asarray(true_m, np.float64)
    distance = np.linalg.norm(similarity_aligned(np.asarray(pred_m, np.float64), true) - true, axis=-1)
    return np.asarray(distance.mean(axis=-1) * _MM_PER_M)


def f_score(pred_m: Float[np.ndarray, "V 3"], true_m: Float[np.ndarray, "W 3"], threshold_m: float) -> float:
    """Harmonic mean of precision (predicted points with a true one within the threshold) and recall (the reverse).

    0 where nothing is near anything. Raises ValueError for a side without points.
    """
    if not len(pred_m) or not len(true_m):
        raise ValueError(f"an F-score needs points on both sides; got {len(pred_m)} and {len(true_m)}")
    precision = float((cKDTree(true_m).query(pred_m)[0] <= threshold_m).mean())
    recall = float((cKDTree(pred_m).query(true_m)[0] <= threshold_m).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def _check(pred: np.ndarray, true: np.ndarray) -> None:
    if pred.shape != true.shape or pred.ndim != 3 or pred.shape[-1] != 3:
        raise ValueError(f"vertex errors need two equal shapes (B, V, 3); got {pred.shape} and {true.shape}")
