"""What the downstream experiment is: the shares of real data, and the training that is the same for each of them."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pam_models.training.recipe import EstimatorRecipe, RecipeError

FOLDER = Path(__file__).parents[2] / "deployments" / "downstream"


class DownstreamRecipe(BaseModel):
    """The experiment. `real` and `synthetic` are settings of the builds that are made where none is named."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, description="The scale that reports name")
    profile: str = Field(description="Profile of the builds")
    real: tuple[str, ...] = Field(default=(), description="key=value of the build whose renderer is the camera")
    synthetic: tuple[str, ...] = Field(default=(), description="key=value of the build that generates")
    fractions: tuple[float, ...] = Field(default=(0.25, 0.5, 0.75, 1.0), min_length=1, description="Of the real scenes")
    test_one_in: int = Field(default=4, gt=1, description="One real scene in so many is never trained on")
    pictures_per_clip: int = Field(default=16, gt=0, description="Evenly spread frames of each clip")
    network: EstimatorRecipe = Field(description="Training of the compact network, for every mix the same")

    @field_validator("fractions")
    @classmethod
    def _are_shares(cls, fractions: tuple[float, ...]) -> tuple[float, ...]:
        if sorted(set(fractions)) != list(fractions) or fractions[0] <= 0 or fractions[-1] > 1:
            raise ValueError(f"must rise and lie above 0 and up to 1, got {list(fractions)}")
        return fractions


def load_downstream(name_or_path: str) -> DownstreamRecipe:
    """A recipe by name (`demo`) or path. Raises RecipeError in one line where it is absent or wrong."""
    path = Path(name_or_path)
    if path.suffix not in {".yaml", ".yml"}:
        path = FOLDER / f"{name_or_path}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in FOLDER.glob("*.yaml")))
        raise RecipeError(f"there is no downstream recipe {name_or_path!r}: {path} does not exist; known are {known}")
    try:
        return DownstreamRecipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        raise RecipeError(f"{path}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    except yaml.YAMLError as error:
        raise RecipeError(f"{path} is not YAML: {' '.join(str(error).split())}") from error
