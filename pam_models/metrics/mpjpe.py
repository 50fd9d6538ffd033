"""Joint errors of a hand estimate, per sample, in the units that the tables name.

Source: HaMeR's evaluator (wrist subtracted from both, then the mean distance); the paper states neither alignment nor
joints, its magnitudes fit this one. Limits: the estimator errs too, so read a clip's error beside that on the
renderer's own frames; with a given box an estimator always answers, so read `detected` and the 2-D error as well.

Wrist-aligned MPJPE, Procrustes-aligned MPJPE (similarity: rotation, translation and one scale) and the mean 2-D error.
Joints are in OP21 order, so the wrist is joint 0.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

_MM_PER_M = 1000.0


def mpjpe_mm(pred_m: Float[np.ndarray, "B J 3"], true_m: Float[np.ndarray, "B J 3"]) -> Float[np.ndarray, " B"]:
    """Mean distance over the joints after both wrists are put at the origin, in millimetres.

    The wrist itself counts (with distance zero), as in the paper's supplementary (section 1.2) and HaMeR's evaluation.
    Raises ValueError when the shapes differ or are not (B, J, 3).
    """
    return np.asarray(joint_errors_mm(pred_m, true_m).mean(axis=-1))


def joint_errors_mm(pred_m: Float[np.ndarray, "B J 3"], true_m: Float[np.ndarray, "B J 3"]) -> Float[np.ndarray, "B J"]:
    """Distance of each joint after both wrists are put at the origin, in millimetres; the wrist's own is zero.

    Raises ValueError when the shapes differ or are not (B, J, 3).
    """
    pred, true = _checked(pred_m, true_m, 3)
    distance = np.linalg.norm((pred - pred[:, :1]) - (true - true[:, :1]), axis=-1)
    return np.asarray(distance * _MM_PER_M)


def pa_mpjpe_mm(pred_m: Float[np.ndarray, "B J 3"], true_m: Float[np.ndarray, "B J 3"]) -> Float[np.ndarray, " B"]:
    """Mean distance over the joints after the best similarity of each prediction onto its truth, in millimetres.

    A reflection is never used: a mirrored hand keeps its error. Raises ValueError when the shapes differ or are not
    (B, J, 3).
    """
    pred, true = _checked(pred_m, true_m, 3)
    distance = np.linalg.norm(similarity_aligned(pred, true) - true, axis=-1)
    return np.asarray(distance.mean(axis=-1) * _MM_PER_M)


def error_2d_px(pred_px: Float[np.ndarray, "B J 2"], true_px: Float[np.ndarray, "B J 2"]) -> Float[np.ndarray, " B"]:
    """Mean distance over the joints in the picture, in pixels. Raises ValueError when the shapes differ or are not
    (B, J, 2).
    """
    pred, true = _checked(pred_px, true_px, 2)
    return np.asarray(np.linalg.norm(pred - true, axis=-1).mean(axis=-1))


def similarity_aligned(
    source: Float[np.ndarray, "B J 3"], target: Float[np.ndarray, "B J 3"]
) -> Float[np.ndarray, "B J 3"]:
    """Move each `source` by the similarity that brings it nearest to `target` in the least-squares sense (Umeyama
    1991).

    A source that is one single point has no rotation or scale; it comes back at the target's mean.
    """
    mean_source = source.mean(axis=1, keepdims=True)
    mean_target = target.mean(axis=1, keepdims=True)
    centred_source = source - mean_source
    centred_target = target - mean_target
    u, singular, vt = np.linalg.svd(np.swapaxes(centred_source, 1, 2) @ centred_target)
    sign = np.ones_like(singular)
    sign[:, -1] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * sign[:, None, :]) @ vt
    spread = (centred_source**2).sum(axis=(1, 2))
    scale = np.divide((singular * sign).sum(axis=1), spread, out=np.zeros_like(spread), where=spread > 0)
    return np.asarray(scale[:, None, None] * (centred_source @ rotation) + mean_target)


def _checked(pred: np.ndarray, true: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    if pred.shape != true.shape or pred.ndim != 3 or pred.shape[-1] != width:
        raise ValueError(f"joint errors need two equal shapes (B, J, {width}); got {pred.shape} and {true.shape}")
    return np.asarray(pred, dtype=np.float64), np.asarray(true, dtype=np.float64)
