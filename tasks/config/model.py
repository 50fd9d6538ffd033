"""The whole configuration of a build: what to make, and how to run it."""

from pydantic import Field, field_validator

from tasks.config.base import SPEED_ONLY, ConfigModel
from tasks.config.conditions import ConditionsConfig
from tasks.config.execution import ExecutionConfig
from tasks.config.generators import AppearanceConfig, DemoAppearance, DemoVideo, VideoConfig
from tasks.config.samples import SamplesConfig
from tasks.config.stages import (
    CompactEstimatorConfig,
    EstimatorConfig,
    HandConfig,
    ImageConfig,
    PhysicsPose,
    PoseConfig,
    SelectConfig,
)


class GenerateConfig(ConfigModel):
    """Everything that a build is told. The defaults are those of the demo."""

    profile: str = Field(
        default="demo",
        min_length=1,
        description="Name of the profile this configuration started from",
        json_schema_extra=SPEED_ONLY,
    )
    seed: int = Field(default=0, ge=0, lt=2**63, description="Root of every random draw of the build")
    frames: int = Field(
        default=49,
        ge=1,
        le=1000,
        description="Frames of every trajectory and clip; four times a whole number, plus one",
    )
    fps: float = Field(default=15.0, gt=0, le=240, description="Frames per second of every trajectory and clip")
    image: ImageConfig = Field(default=ImageConfig(), description="Size of every picture and clip")
    hand: HandConfig = Field(default=HandConfig(), description="Which hand model is skinned")
    pose: PoseConfig = Field(default=PhysicsPose(), description="Where hand-object motion comes from")
    conditions: ConditionsConfig = Field(
        default=ConditionsConfig(), description="What is done to the condition pictures before the generators see them"
    )
    appearance: AppearanceConfig = Field(
        default=DemoAppearance(), description="The model that paints first-frame candidates"
    )
    estimator: EstimatorConfig = Field(
        default=CompactEstimatorConfig(), description="The estimator that scores candidates and clips"
    )
    select: SelectConfig = Field(default=SelectConfig(), description="How many of the worst are dropped")
    video: VideoConfig = Field(default=DemoVideo(), description="The model that makes clips out of first frames")
    samples: SamplesConfig = Field(default=SamplesConfig(), description="What the table of labelled frames holds")
    execution: ExecutionConfig = Field(
        default=ExecutionConfig(), description="How the build is run; nothing here changes what it makes"
    )

    @field_validator("frames")
    @classmethod
    def _fits_the_video_models(cls, frames: int) -> int:
        if frames % 4 != 1:
            raise ValueError(f"must be four times a whole number, plus one (such as 49), got {frames}")
        return frames
