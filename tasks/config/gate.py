"""Which trajectories are kept: limits on the quality columns of the pose table."""

from dataclasses import asdict
from typing import Any

from pydantic import Field, model_validator

from pam_models.pose.quality_gate import SIMULATED, QualityGate
from tasks.config.base import ConfigModel


class GateConfig(ConfigModel):
    """Limits named after their columns; empty leaves a column unlimited."""

    lifted: bool = Field(default=False, description="Whether the object must be lifted over 0.1 m and stay in hand")
    held_s_at_least: float | None = Field(default=None, ge=0, description="Time above 0.1 m at the end, in seconds")
    slip_mm_at_most: float | None = Field(default=None, ge=0, description="Slip in the hand, mm for each frame")
    penetration_mm_max_at_most: float | None = Field(default=None, ge=0, description="Deepest penetration, in mm")
    penetration_cm3_max_at_most: float | None = Field(default=None, ge=0, description="Largest shared volume, in cm^3")
    contact_ratio_at_least: float | None = Field(default=None, ge=0, le=1, description="Share of frames with contact")
    self_penetration_mm_max_at_most: float | None = Field(default=None, ge=0, description="Fingers in fingers, in mm")
    joint_limit_deg_max_at_most: float | None = Field(default=None, ge=0, description="Beyond joint limits, in degrees")
    jerk_m_s3_at_most: float | None = Field(default=None, ge=0, description="Jerk of the wrist, in m/s^3")
    visible_fraction_at_least: float | None = Field(default=None, ge=0, le=1, description="Share of joints in view")

    def gate(self) -> QualityGate:
        """The gate with these limits."""
        return QualityGate(**self.model_dump())


class SimulatedGateConfig(GateConfig):
    """Limits for simulated motion, which can be made again: what is not given has the project's own limit, and null
    switches a limit off.
    """

    @model_validator(mode="before")
    @classmethod
    def _own_limits(cls, values: Any) -> Any:  # noqa: ANN401  pydantic's hook takes any input
        return {**asdict(SIMULATED), **values} if isinstance(values, dict) else values
