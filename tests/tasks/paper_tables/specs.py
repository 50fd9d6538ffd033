"""Specs of made-up metrics."""

from pam_models.metrics.result import MetricSpec

MPJPE = MetricSpec("mpjpe_mm", "mm", "lower", "made up")
PSNR = MetricSpec("psnr_db", "dB", "higher", "made up")
FVD = MetricSpec("fvd[made-up]", "1", "lower", "made up")
