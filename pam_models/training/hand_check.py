"""The run's own estimator as a judge of generated pictures: is the hand where the labels say?"""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from pam_models.estimators.compact.crop import box_of_joints
from pam_models.estimators.compact.pipeline import CompactEstimator
from pam_models.metrics.mpjpe import mpjpe_mm
from pam_models.training.frame_store import RGB, FrameBlock
from pam_models.training.layout import RunLayout


class HandCheck:
    """Mean error of the estimator on generated frames and on the renderer's own frames of the same block."""

    def __init__(self, estimator: CompactEstimator) -> None:
        self._estimator = estimator

    @classmethod
    def of_run(cls, layout: RunLayout) -> HandCheck | None:
        """The check with this run's estimator, or None where it is not trained yet."""
        path = layout.weights("estimator")
        return cls(CompactEstimator.load(path)) if path.is_file() else None

    def compare(self, block: FrameBlock, output: UInt8[np.ndarray, "N H W 3"]) -> dict[str, float]:
        """`mpjpe_mm` on the output, `mpjpe_true_mm` on the truth, `hand_found` as the share of frames with a hand."""
        generated, found = self._errors(block, output)
        reference, _ = self._errors(block, np.asarray(block.stream(RGB)))
        return {
            "mpjpe_mm": float(generated.mean()),
            "mpjpe_true_mm": float(reference.mean()),
            "hand_found": float(found.mean()),
        }

    def _errors(self, block: FrameBlock, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        boxes = np.stack([box_of_joints(joints) for joints in block.joints_px])
        estimate = self._estimator.predict(pictures, boxes, ["right"] * len(block), block.K)
        found = estimate.confidence >= self._estimator.detection_threshold
        return mpjpe_mm(estimate.joints_m, block.joints_cam_m), found
