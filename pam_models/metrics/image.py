"""Picture fidelity against a truth: PSNR and SSIM, of 8-bit RGB pictures.

PSNR in dB, peak 255, over all three channels together. SSIM after Wang et al. 2004: Gaussian window of 11 pixels with
sigma 1.5, K1 = 0.01, K2 = 0.03, population covariance, mean over the three channels. A clip's value is the mean over
its frames. Limits: both compare pixel by pixel, so another skin or light counts as an error even where the motion is
right; both were computed by the paper against real video, which a generated build does not have.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, UInt8
from skimage.metrics import structural_similarity

PSNR_CEILING_DB = 100.0
SSIM_WINDOW_PX = 11


def psnr_db(
    pred: UInt8[np.ndarray, "*dims 3"],
    true: UInt8[np.ndarray, "*dims 3"],
    region: Bool[np.ndarray, "*dims"] | None = None,
) -> float:
    """Peak signal-to-noise ratio of 8-bit pictures in dB, over all pixels or those where `region` is true.

    Equal pictures give `PSNR_CEILING_DB`, so that means over clips stay finite.
    Raises ValueError when shapes differ or the region is empty.
    """
    if pred.shape != true.shape:
        raise ValueError(f"PSNR needs two equal shapes; got {pred.shape} and {true.shape}")
    error = (pred.astype(np.float64) - true.astype(np.float64)) ** 2
    if region is not None:
        if region.shape != pred.shape[:-1]:
            raise ValueError(f"the region must have shape {pred.shape[:-1]}; got {region.shape}")
        if not region.any():
            raise ValueError("the region of a PSNR is empty: no pixel is marked")
        error = error[region]
    mse = float(error.mean())
    if mse == 0.0:
        return PSNR_CEILING_DB
    return min(PSNR_CEILING_DB, 10.0 * float(np.log10(255.0**2 / mse)))


def ssim(pred: UInt8[np.ndarray, "H W 3"], true: UInt8[np.ndarray, "H W 3"]) -> float:
    """Structural similarity of two pictures, 1 for equal ones (scikit-image's implementation with Wang's settings).

    Raises ValueError when the shapes differ or a side is shorter than the window of 11 pixels.
    """
    if pred.shape != true.shape or pred.ndim != 3:
        raise ValueError(f"SSIM needs two equal shapes (H, W, 3); got {pred.shape} and {true.shape}")
    if min(pred.shape[:2]) < SSIM_WINDOW_PX:
        raise ValueError(f"SSIM needs at least {SSIM_WINDOW_PX} pixels a side; got {pred.shape[1]}x{pred.shape[0]}")
    found = structural_similarity(  # type: ignore[no-untyped-call]
        pred, true, data_range=255, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    return float(found)
