"""What an evaluation is asked for: metrics, weights of the user's, and everything else that changes its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from tasks.config.base import SPEED_ONLY, ConfigModel
from tasks.errors import ConfigError

PAIRED = ("psnr", "ssim", "lpips", "motion_fidelity", "flicker")
ESTIMATED = ("mpjpe", "pa_mpjpe", "error_2d", "detected", "auc", "acceleration", "jerk", "pve", "pa_pve", "f5", "f15")
SETS = ("fvd", "fid", "kid")
METRICS = (*SETS, *PAIRED, *ESTIMATED)
DEFAULT = tuple(name for name in METRICS if name != "kid")


class EvaluationSettings(ConfigModel):
    """What is measured, and with what."""

    metrics: tuple[str, ...] = Field(default=DEFAULT, min_length=1, description="Names of the metrics")
    video_weights: Path | None = Field(
        default=None, description="I3D for FVD: safetensors under the public port's names, or TorchScript"
    )
    image_weights: Path | None = Field(default=None, description="Inception for FID and KID, as TorchScript")
    lpips_weights: Path | None = Field(default=None, description="AlexNet with LPIPS' linear layers, as safetensors")
    tracker: Path | None = Field(
        default=None, description="A point tracker for motion fidelity, as TorchScript; empty: OpenCV's Lucas-Kanade"
    )
    image_frames: int = Field(default=8, ge=1, description="Frames of each clip, evenly spread, that FID and KID see")
    seed: int = Field(default=0, ge=0, lt=2**63, description="Root of the draws for intervals")
    shard_clips: int = Field(default=32, ge=1, description="Clips in one part: what is measured again after a crash")
    device: str = Field(default="cpu", description="Where the networks run, such as cuda", json_schema_extra=SPEED_ONLY)


def settings_of(metrics: Sequence[str] | None = None, **others: object) -> EvaluationSettings:
    """Settings out of what a person gave; None stands for the default.

    Raises ConfigError in one line for an unknown metric, an empty choice, or a value that does not fit.
    """
    if metrics is not None:
        chosen = [name.strip() for entry in metrics for name in entry.split(",") if name.strip()]
        unknown = sorted(set(chosen) - set(METRICS))
        if unknown:
            raise ConfigError(f"--metrics {unknown[0]}: no such metric; there are {', '.join(METRICS)}")
        if not chosen:
            raise ConfigError(f"--metrics: names none; there are {', '.join(METRICS)}")
        others["metrics"] = tuple(name for name in METRICS if name in chosen)
    try:
        return EvaluationSettings.model_validate({name: value for name, value in others.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}, got {first['input']!r}") from None
