"""A generated clip against the renderer's: the figures of validation and of the held-out benchmark."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, UInt8

from pam_models.metrics.image import psnr_db
from pam_models.training.frame_store import RGB, FrameBlock
from pam_models.training.hand_check import HandCheck

MOVED_LEVELS = 24
"""A pixel has moved where a channel differs from the first frame by more grey levels than noise and light make."""


def moving_region(block: FrameBlock) -> Bool[np.ndarray, "T H W"]:
    """Where a true clip differs from its first frame, and where hand and object are."""
    truth = np.asarray(block.stream(RGB))
    change = np.abs(truth.astype(np.int16) - truth[:1].astype(np.int16)).max(axis=-1)
    return np.asarray((change > MOVED_LEVELS) | block.foreground())


def compare_clip(
    block: FrameBlock, output: UInt8[np.ndarray, "T H W 3"], check: HandCheck | None = None
) -> dict[str, float]:
    """PSNR in dB of a clip and of its repeated first frame, over everything and over the moving region; with an
    estimator also `mpjpe_mm` on the clip and `mpjpe_true_mm` on the truth. Raises ValueError for another shape.
    """
    truth = np.asarray(block.stream(RGB))
    still = np.broadcast_to(truth[:1], truth.shape)
    moving = moving_region(block)
    figures = {"psnr_db": psnr_db(output, truth), "psnr_still_db": psnr_db(still, truth)}
    if moving.any():
        figures |= {
            "psnr_moving_db": psnr_db(output, truth, moving),
            "psnr_still_moving_db": psnr_db(still, truth, moving),
        }
    if check is not None:
        figures |= check.compare(block, output)
    return figures
