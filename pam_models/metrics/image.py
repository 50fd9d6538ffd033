"""Picture fidelity against a truth: PSNR over the whole picture or over a region."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, UInt8

PSNR_CEILING_DB = 100.0


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
