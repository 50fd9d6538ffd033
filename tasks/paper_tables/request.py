"""A table as it was asked for: which, at which scale, with which of the user's files, and what follows for each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.errors import ConfigError
from tasks.paper_tables.definition import Scale, Start, TableDefinition, TableRow, filled, load_scale, load_table
from tasks.paper_tables.trainings import TrainingPlace

NETWORKS = ("video", "image", "lpips", "tracker")
"""Inputs of these names are networks of the evaluation, such as I3D for FVD."""


@dataclass(frozen=True)
class TableRequest:
    """`inputs` are files and folders of the user's by name; `clips` goes before the scale's."""

    name: str
    table: TableDefinition
    scale_name: str
    scale: Scale
    inputs: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    recipe_settings: tuple[str, ...] = ()
    clips: int | None = None
    device: str = "cpu"

    def __post_init__(self) -> None:
        """Refuse inputs that nothing asks for: a misspelt one would leave a row empty. Raises ConfigError."""
        unknown = sorted(set(self.inputs) - set(self.scale.inputs) - set(NETWORKS))
        if unknown:
            known = ", ".join((*self.scale.inputs, *NETWORKS))
            raise ConfigError(f"--input {unknown[0]}: nothing is called so at this scale; there are {known}")

    @property
    def count(self) -> int:
        """Trajectories of each row."""
        return self.clips or self.scale.clips

    @property
    def weights(self) -> dict[str, str]:
        """The evaluation's networks that the user brought."""
        return {name: path for name, path in self.inputs.items() if name in NETWORKS}

    @property
    def reference(self) -> str | None:
        """What clips are compared with: the true clips where they were given, otherwise the renderer's."""
        return self.inputs.get("true_clips") if self.table.first_frames == "given" else None

    def build_settings(self, row: TableRow, trained: Sequence[str]) -> list[str]:
        """Every setting of a row's build, later ones over earlier ones.

        Raises MissingInputError for a file of the user's that is needed and was not given.
        """
        scale, table = self.scale, self.table
        of_frames = scale.given if table.first_frames == "given" else scale.painted
        mine = (*scale.settings, *of_frames, *table.settings)
        if trained:
            # A trained model stands in the place of the scale's own, whose files are then not needed.
            other_kind = any(setting.startswith("video.model=") for setting in row.settings)
            replaced = ("video.weights=", "video.base=") if other_kind else ("video.weights=",)
            mine = tuple(setting for setting in mine if not setting.startswith(replaced))
        return [*self._filled((*mine,)), *trained, *self._filled(row.settings), *self.settings]

    def training_settings(self, name: str) -> list[str]:
        """Every value over the recipe for one of the table's trainings. Raises MissingInputError as above."""
        return self._filled(self._unfilled_training(name))

    def start(self, name: str) -> Start | None:
        """The finished weights that a training goes on from; None where it begins anew."""
        return self.scale.start if self.table.trainings[name].continued else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the table must know: the table's own notes, and what this scale does to its trainings."""
        continued = any(self.start(name) is not None for name in self.table.trainings)
        return (*self.table.notes, *((self.scale.start.note,) if continued and self.scale.start is not None else ()))

    def with_model(self, place: TrainingPlace) -> list[str]:
        """The settings that put a trained model into a build."""
        known = {"weights": str(place.weights.absolute()), "autoencoder": str(place.autoencoder.absolute())}
        return filled(self.scale.trained, known, {})

    def described(self) -> dict[str, str]:
        """What a reader needs to get the same numbers again."""
        found: dict[str, Any] = {
            "scale": self.scale_name,
            "profile": self.scale.profile,
            "clips": self.count,
            "settings": ", ".join(self.settings),
            **{f"training {name}": _last_of_each(self._unfilled_training(name)) for name in self.table.trainings},
            "machine of the plan": self.scale.costs.machine,
        }
        return {name: str(value) for name, value in found.items() if value}

    def _unfilled_training(self, name: str) -> tuple[str, ...]:
        start = self.start(name)
        of_start = start.settings if start is not None else ()
        return (*self.scale.recipe_settings, *of_start, *self.table.trainings[name].settings, *self.recipe_settings)

    def _filled(self, settings: tuple[str, ...]) -> list[str]:
        given = {**self.inputs, "clips": str(self.count)}
        return filled(settings, given, self.scale.inputs)


def _last_of_each(settings: Sequence[str]) -> str:
    """Settings as they hold in the end: a later value goes before an earlier one of the same key."""
    values = dict(setting.split("=", 1) for setting in settings)
    return ", ".join(f"{key}={value}" for key, value in values.items())


def requested(
    table: str,
    scale: str,
    inputs: Mapping[str, str],
    settings: Sequence[str],
    recipe_settings: Sequence[str],
    clips: int | None,
    device: str,
) -> TableRequest:
    """The request that names mean. Raises ConfigError in one line for an unknown table, scale or input."""
    if clips is not None and clips < 1:
        raise ConfigError(f"--clips {clips}: at least one")
    known = load_table(table), load_scale(scale)
    return TableRequest(
        table, known[0], scale, known[1], dict(inputs), tuple(settings), tuple(recipe_settings), clips, device
    )
