"""Rows of made-up numbers over the same trajectories."""

import numpy as np

from pam_models.metrics.result import MetricResult
from tasks.paper_tables.measured import RowValues
from tests.tasks.paper_tables.specs import FVD, MPJPE, PSNR

CLIPS = 16


def row(seed: int, *, mpjpe: float, psnr: float, shift: float = 0.0, first: int = 0) -> RowValues:
    """A row whose clips are of one difficulty each, `mpjpe` and `psnr` in the mean; `shift` moves its features."""
    difficulty = np.random.default_rng(1).normal(0.0, 5.0, CLIPS)
    noise = np.random.default_rng(seed).normal(0.0, 0.3, CLIPS)
    keys = [f"t{first + number}" for number in range(CLIPS)]
    reference = [np.random.default_rng([7, number]).normal(size=(1, 4)).astype(np.float32) for number in range(CLIPS)]
    features = {
        key: ([one + np.float32(shift)], [one]) for key, one in zip(keys, reference, strict=True)
    }  # fmt: skip
    return RowValues(
        f"build{seed}",
        {
            "mpjpe": MetricResult(MPJPE, CLIPS, mpjpe, mpjpe - 1, mpjpe + 1),
            "psnr": MetricResult(PSNR, CLIPS, psnr),
            "fvd": MetricResult(FVD, CLIPS, 4 * shift**2),
        },
        {
            "mpjpe": dict(zip(keys, (mpjpe + difficulty + noise).tolist(), strict=True)),
            "psnr": dict(zip(keys, (psnr + difficulty + noise).tolist(), strict=True)),
        },
        {"fvd": features},
    )
