"""Sizes of the finisher."""

from pydantic import BaseModel, ConfigDict, Field


class FinisherConfig(BaseModel):
    """A small U-Net over frames at half resolution; `widths` are its channels from the finest level down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: tuple[str, ...] = ("depth", "segmentation", "keypoints", "normal")
    widths: tuple[int, ...] = Field(default=(48, 96, 128), min_length=1)
    blocks: int = Field(default=2, gt=0, description="residual blocks on every level, on the way down and up")

    @property
    def stride(self) -> int:
        """Sides of a picture must be multiples of it."""
        return int(2 ** len(self.widths))
