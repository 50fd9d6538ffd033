"""What the table of labelled frames holds, and which trajectories are held out."""

from pydantic import Field, model_validator

from tasks.config.base import ConfigModel


class SplitConfig(ConfigModel):
    """Shares of the trajectories that are held out.

    A trajectory is in one split, with all of its clips and frames, by a hash of its id alone: the same in every build
    that shows it. Another share moves no trajectory but those between the old bound and the new one.
    """

    val: float = Field(default=0.1, ge=0.0, le=1.0, description="Share of the trajectories for choosing between models")
    test: float = Field(default=0.1, ge=0.0, le=1.0, description="Share of the trajectories for the last measurement")

    @model_validator(mode="after")
    def _no_more_than_all(self) -> "SplitConfig":
        if self.val + self.test > 1.0:
            raise ValueError(f"val and test must be at most 1 together, got {self.val + self.test:g}")
        return self


class SamplesConfig(ConfigModel):
    """The table of labelled frames."""

    split: SplitConfig = Field(default=SplitConfig(), description="Which trajectories are held out")
    vertices: bool = Field(
        default=True,
        description="Store the hand's surface in every row (9 kB); without it readers skin it from the parameters",
    )
