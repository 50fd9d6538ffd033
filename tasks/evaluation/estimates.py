"""What the build's estimator sees in a clip, cached, and how far that is from what is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Float32, UInt8

from pam_models.estimators.base import HandEstimator
from pam_models.estimators.compact.crop import box_of_joints
from pam_models.metrics.mpjpe import error_2d_px, joint_errors_mm, mpjpe_mm, pa_mpjpe_mm, similarity_aligned
from pam_models.metrics.pck import auc
from pam_models.metrics.plausibility import acceleration_error_m_s2, jerk_ratio
from pam_models.metrics.vertices import f_score, pa_pve_mm, pve_mm
from tasks.evaluation.clips import ClipRef
from tasks.evaluation.feature_cache import Arrays, FeatureCache
from tasks.evaluation.truth import Truth

LEAST_DETECTED = 0.5
TOO_FEW = "the estimator found a hand in {share:.0%} of the frames, at least half are wanted"
NO_VERTICES = "the estimator answers with joints and no vertices"
Measure = dict[str, Callable[[], float]]


class ClipEstimates:
    """Estimates of whole clips by one estimator."""

    def __init__(self, estimator: HandEstimator, cache: FeatureCache) -> None:
        self._estimator, self._cache = estimator, cache

    def of(self, clip: ClipRef, frames: UInt8[np.ndarray, "T H W 3"], truth: Truth, side: str) -> Arrays:
        """joints_m (T, 21, 3), joints_px (T, 21, 2), confidence (T), and vertices_m where there are any.

        The boxes are those of the known joints, so the estimate depends on the trajectory too.
        """
        found = self._cache.get(clip.sha256, clip.trajectory_id)
        if found is None:
            boxes = np.stack([box_of_joints(joints) for joints in truth.joints_px])
            intrinsics = np.broadcast_to(truth.camera.K, (len(frames), 3, 3)).copy()
            estimate = self._estimator.predict(frames, boxes, [side] * len(frames), intrinsics)
            found = {
                "joints_m": estimate.joints_m,
                "joints_px": estimate.joints_px,
                "confidence": estimate.confidence,
                **({} if estimate.vertices_m is None else {"vertices_m": estimate.vertices_m}),
            }
            self._cache.put(clip.sha256, found, clip.trajectory_id)
        return found

    def detected(self, estimate: Arrays) -> float:
        """Share of frames in which a hand was found."""
        return float((estimate["confidence"] >= self._estimator.detection_threshold).mean())


def joint_measures(estimate: Arrays, truth: Truth, fps: float) -> Measure:
    """How each joint metric of a clip is computed; each may raise ValueError with its reason."""
    joints, known = estimate["joints_m"], truth.joints_m
    return {
        "mpjpe_mm": lambda: float(mpjpe_mm(joints, known).mean()),
        "pa_mpjpe_mm": lambda: float(pa_mpjpe_mm(joints, known).mean()),
        "error_2d_px": lambda: float(error_2d_px(estimate["joints_px"], truth.joints_px).mean()),
        "auc": lambda: auc(joint_errors_mm(joints, known)),
        "acceleration_error_m_s2": lambda: acceleration_error_m_s2(joints, known, fps),
        "jerk_ratio": lambda: jerk_ratio(joints, known),
    }


def vertex_measures(
    estimate: Arrays, truth: Truth, known_vertices: Callable[[], Float32[np.ndarray, "T V 3"]]
) -> Measure:
    """How each vertex metric of a clip is computed; `known_vertices` are in camera axes, metres."""
    if "vertices_m" not in estimate:
        return dict.fromkeys(("pve_mm", "pa_pve_mm", "f5", "f15"), _no_vertices)
    vertices, known = estimate["vertices_m"], known_vertices()

    def f(threshold_m: float) -> float:
        aligned: Float[np.ndarray, "T V 3"] = similarity_aligned(vertices.astype(np.float64), known.astype(np.float64))
        return float(np.mean([f_score(a, b, threshold_m) for a, b in zip(aligned, known, strict=True)]))

    return {
        "pve_mm": lambda: float(pve_mm(vertices, known, estimate["joints_m"][:, 0], truth.joints_m[:, 0]).mean()),
        "pa_pve_mm": lambda: float(pa_pve_mm(vertices, known).mean()),
        "f5": lambda: f(0.005),
        "f15": lambda: f(0.015),
    }


def _no_vertices() -> float:
    raise ValueError(NO_VERTICES)
