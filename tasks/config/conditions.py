"""What is done to the condition pictures before the generators see them."""

from typing import Literal

from pydantic import Field

from tasks.config.base import ConfigModel


class ConditionNoise(ConfigModel):
    """Gaussian noise on each condition (the paper's robustness test); labels never see it.

    Each value is a standard deviation as a share of the full range of a colour channel: 0.1 is 25.5 of 255. Where a
    model takes joints as numbers, it is a share of the picture's height.
    """

    depth: float = Field(default=0.0, ge=0.0, le=10.0, description="Sigma of the depth pictures' noise")
    segmentation: float = Field(default=0.0, ge=0.0, le=10.0, description="Sigma of the segmentation pictures' noise")
    keypoints: float = Field(default=0.0, ge=0.0, le=10.0, description="Sigma of the skeleton pictures' noise")
    normal: float = Field(default=0.0, ge=0.0, le=10.0, description="Sigma of the normal pictures' noise")
    mesh: float = Field(default=0.0, ge=0.0, le=10.0, description="Sigma of the hand mesh pictures' noise")
    hand_mask: float = Field(default=0.0, ge=0.0, le=10.0, description="Sigma of the hand mask pictures' noise")
    tracking: float = Field(default=0.0, ge=0.0, le=10.0, description="Sigma of the tracking pictures' noise")


class ConditionsConfig(ConfigModel):
    """How condition pictures reach the generators. Left at its defaults it takes no part in any id."""

    encoding: Literal["pam", "pam-oakink2"] = Field(
        default="pam", description="The look that the weights know: 'pam' of DexYCB, 'pam-oakink2' of OakInk2"
    )
    noise: ConditionNoise = Field(default=ConditionNoise(), description="Gaussian noise on each condition, by name")
