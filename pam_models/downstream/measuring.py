"""The errors of a trained hand-pose network on real scenes that it never saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pam_models.estimators.compact.crop import box_of_joints
from pam_models.estimators.compact.pipeline import CompactEstimator
from pam_models.metrics.interval import mean_result
from pam_models.metrics.mpjpe import pa_mpjpe_mm
from pam_models.metrics.result import MetricResult, MetricSpec, unavailable
from pam_models.training.frame_store import RGB, block_names, load_block
from pam_models.training.layout import HELD_OUT

PA_MPJPE = MetricSpec(
    "pa_mpjpe_mm",
    "mm",
    "lower",
    "21 joints after a similarity without reflection, mean over pictures, then scenes",
)
PA_MPVPE = MetricSpec("pa_mpvpe_mm", "mm", "lower", "Mesh vertices after a similarity without reflection")
NO_MESH = "the compact network answers joints alone, it has no mesh; SimpleHand has one (--simplehand)"


@dataclass(frozen=True)
class UnseenErrors:
    """PA-MPJPE in mm, the mean of each held-out scene."""

    of_scene_mm: Mapping[str, float]

    def pa_mpjpe(self, seed: int) -> MetricResult:
        """The mean over scenes with its bootstrap interval."""
        return mean_result(PA_MPJPE, np.array(list(self.of_scene_mm.values()), np.float64), seed)

    def pa_mpvpe(self) -> MetricResult:
        """Why there is none."""
        return unavailable(PA_MPVPE, NO_MESH, len(self.of_scene_mm))


def unseen_errors(weights: Path, pictures: Path) -> UnseenErrors:
    """Errors on the held-out blocks of a folder. Raises WeightsError for weights that cannot be read, ValueError
    where no hand is held out.
    """
    estimator = CompactEstimator.load(weights)
    found: dict[str, list[float]] = {}
    for name in block_names(pictures, HELD_OUT):
        block = load_block(pictures, name)
        hands = np.flatnonzero(block.has_hand)
        if not len(hands):
            continue
        shown = block.subset(hands)
        boxes = np.stack([box_of_joints(joints) for joints in shown.joints_px])
        estimate = estimator.predict(np.asarray(shown.stream(RGB)), boxes, ["right"] * len(shown), shown.K)
        for scene, error in zip(shown.scenes, pa_mpjpe_mm(estimate.joints_m, shown.joints_cam_m), strict=True):
            found.setdefault(scene, []).append(float(error))
    if not found:
        raise ValueError(f"{pictures}: no picture of a hand is held out")
    return UnseenErrors({scene: float(np.mean(errors)) for scene, errors in sorted(found.items())})
