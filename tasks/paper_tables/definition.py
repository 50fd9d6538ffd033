"""What a table of the paper is: rows of settings, the metrics that are measured, and the orderings that are claimed.

Definitions lie in `deployments/tables/table-*.yaml`, scales in `deployments/tables/scale-*.yaml`. A setting may hold a
place, such as `pose.path={graspxl}`: the user fills it with `--input graspxl=FOLDER`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tasks.errors import ConfigError
from tasks.evaluation.settings import METRICS

FOLDER = Path(__file__).parents[2] / "deployments" / "tables"
PLACE = re.compile(r"\{([a-z_0-9]+)\}")
Kind = Literal["clips", "resources", "errors"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Training(_Frozen):
    """A model that a row is made with, trained by `pam train`."""

    settings: tuple[str, ...] = Field(default=(), description="key=value over the scale's training recipe")
    continued: bool = Field(
        default=False, description="Goes on from the scale's finished weights, where it has such, not from new ones"
    )


class TableRow(_Frozen):
    """One setting: a build, maybe with a model trained for it."""

    name: str = Field(min_length=1, description="As the paper calls it")
    settings: tuple[str, ...] = Field(default=(), description="key=value over the table's and the scale's settings")
    training: str | None = Field(default=None, description="Which training's model makes the clips; empty: the scale's")
    paper: dict[str, float] = Field(default={}, description="The paper's numbers by column; empty: none were reported")
    note: str = Field(default="", description="What to know of the row")
    absent: str = Field(default="", description="Why the row cannot be computed, where it cannot")


class Claim(_Frozen):
    """An ordering: the contrast of qualities (weights by row) is above zero in these metrics."""

    says: str = Field(min_length=1, description="What is claimed, in words")
    contrast: dict[str, float] = Field(min_length=2, description="Weight of each row")
    metrics: tuple[str, ...] = Field(min_length=1, description="Metrics for which it is claimed")


class TableDefinition(_Frozen):
    """One table."""

    title: str = Field(min_length=1)
    source: str = Field(min_length=1, description="Where the paper has it")
    kind: Kind = "clips"
    first_frames: Literal["given", "painted"] = Field(
        default="given", description="True first frames, or those of the picture model"
    )
    settings: tuple[str, ...] = Field(default=(), description="key=value of every row's build")
    metrics: tuple[str, ...] = Field(default=(), description="Metrics of `pam evaluate`")
    trainings: dict[str, Training] = Field(default={}, description="Models to train, by name")
    rows: tuple[TableRow, ...] = Field(min_length=1)
    claims: tuple[Claim, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> TableDefinition:
        """Refuse names that refer to nothing."""
        names = [row.name for row in self.rows]
        strangers = sorted({row.training for row in self.rows if row.training} - set(self.trainings))
        strangers += sorted({name for claim in self.claims for name in claim.contrast} - set(names))
        strangers += sorted(set(self.metrics) - set(METRICS))
        if self.kind == "clips":
            strangers += sorted({name for claim in self.claims for name in claim.metrics} - set(self.metrics))
        if strangers or len(set(names)) != len(names):
            raise ValueError(f"unknown or repeated names: {', '.join(strangers) or ', '.join(names)}")
        return self


class Start(_Frozen):
    """Finished weights that trainings go on from."""

    weights: str = Field(min_length=1, description="`demo` for those that ship, or a model folder")
    settings: tuple[str, ...] = Field(default=(), description="key=value over the recipe, in place of the scale's")
    note: str = Field(min_length=1, description="What a reader of the table must know of it")


class Costs(_Frozen):
    """Seconds on the scale's machine, for `--plan`."""

    build_s: float = Field(ge=0, description="Of starting and publishing a build")
    trajectory_s: float = Field(ge=0, description="Of each trajectory, once for all rows of one motion")
    clip_s: float = Field(ge=0, description="Of each clip: sampling, estimating, measuring")
    training_step_s: float = Field(ge=0, description="Of each step of a training")
    scene_s: float = Field(default=0.0, ge=0, description="Of each scene to train on, simulated, rendered and encoded")
    machine: str = Field(min_length=1, description="The machine that these seconds were measured on")


class Scale(_Frozen):
    """How large everything is: nothing else differs between two scales of a table."""

    profile: str = Field(description="Profile of the builds")
    clips: int = Field(ge=1, description="Trajectories of each row, one clip each")
    settings: tuple[str, ...] = Field(default=(), description="key=value of every build")
    given: tuple[str, ...] = Field(default=(), description="key=value where first frames are given")
    painted: tuple[str, ...] = Field(default=(), description="key=value where first frames are painted")
    recipe: str = Field(description="Training recipe")
    recipe_settings: tuple[str, ...] = Field(default=(), description="key=value over the recipe")
    start: Start | None = Field(default=None, description="What trainings go on from that ask for it")
    trained: tuple[str, ...] = Field(
        description="key=value that put a trained model ({weights}, {autoencoder}) in place"
    )
    inputs: dict[str, str] = Field(default={}, description="What each place in settings is")
    costs: Costs


Model = TypeVar("Model", bound=BaseModel)


def table_names() -> tuple[str, ...]:
    """Every table there is."""
    return tuple(sorted(path.stem.removeprefix("table-") for path in FOLDER.glob("table-*.yaml")))


def load_table(name: str) -> TableDefinition:
    """A table by its name (`2`, `conditions`). Raises ConfigError in one line."""
    return _loaded(TableDefinition, "table", name, table_names())


def load_scale(name: str) -> Scale:
    """A scale by its name. Raises ConfigError in one line."""
    known = tuple(sorted(path.stem.removeprefix("scale-") for path in FOLDER.glob("scale-*.yaml")))
    return _loaded(Scale, "scale", name, known)


def _loaded(kind: type[Model], what: str, name: str, known: tuple[str, ...]) -> Model:
    if name not in known:
        raise ConfigError(f"{what} {name}: there is none; there are {', '.join(known)}")
    path = FOLDER / f"{what}-{name}.yaml"
    try:
        return kind.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{path.name}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path.name}: is not YAML: {' '.join(str(error).split())}") from None


class MissingInputError(ConfigError):
    """A setting needs something of the user's that was not given."""


def filled(settings: tuple[str, ...], given: Mapping[str, str], described: Mapping[str, str]) -> list[str]:
    """Settings with their places filled. Raises MissingInputError that names the first place without a value."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name not in given:
            raise MissingInputError(f"needs --input {name}=PATH: {described.get(name, 'a file or folder of yours')}")
        return given[name]

    return [PLACE.sub(value, setting) for setting in settings]
