"""The motion model's ways to sample faster, each by its name."""

from pydantic import Field

from pam_models.acceleration import RunOptions
from pam_models.motion.residual_cache import CacheOptions


class SpeedOptions(RunOptions):
    """How the motion transformer is run; the defaults change nothing."""

    cache: CacheOptions | None = Field(default=None, description="The residual cache over steps; empty: none")
