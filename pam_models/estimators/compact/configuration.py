"""The sizes of the compact estimator."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class CompactConfig(BaseModel):
    """Every number that the weights depend on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input_size: int = Field(default=64, gt=0, multiple_of=16, description="side of the square crop in pixels")
    box_scale: float = Field(default=1.3, gt=0, description="side of the crop over the longer side of the box")
    widths: tuple[int, int, int, int] = (24, 48, 112, 192)
    blocks: tuple[int, int, int, int] = (1, 2, 3, 3)
    heatmap_channels: int = 64
    joint_features: int = 32
    hidden: int = 384
    detection_threshold: float = Field(default=0.5, gt=0, lt=1)
