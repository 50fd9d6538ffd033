"""The run directory of a model that a table trains: the data of another run by links, and a model folder of its own."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pam_models.training.data_recipe import SimulatedData
from pam_models.training.frame_store import block_names
from pam_models.training.layout import TRAIN, RunLayout
from pam_models.training.recipe import RecipeError, TrainRecipe
from pam_models.zoo.registry import weights_path

SHARED = ("scenes", "estimator")
LATENTS = "latents"


@dataclass(frozen=True)
class TrainingPlace:
    """Where a model is trained, and the stages of `pam train` that do it."""

    folder: Path
    stages: tuple[str, ...]

    @property
    def weights(self) -> Path:
        """The finished motion model."""
        return RunLayout(self.folder).weights("motion")

    @property
    def autoencoder(self) -> Path:
        """The autoencoder whose latents it knows."""
        return RunLayout(self.folder).weights("autoencoder")


def training_place(out: Path, data: Path, name: str, recipe: TrainRecipe) -> TrainingPlace:
    """Make the folder in which `recipe`'s motion model is trained on the scenes, clips and latents of the run at
    `data`; recorded data are read into the folder itself.

    Clips that lack a condition of the recipe are rendered anew from the same scenes, once for all recipes with these
    conditions. Raises RecipeError in one line where `data` holds no scenes.
    """
    run, source = RunLayout(out / f"{name}-{recipe.sha256()[:12]}"), RunLayout(data)
    run.root.mkdir(parents=True, exist_ok=True)
    if not isinstance(recipe.data, SimulatedData):
        return TrainingPlace(run.root, ("import", "latents", "motion"))
    if not source.scenes.is_dir():
        make = f"`pam train --profile {recipe.name} --model scenes --out {data}` (then --model clips)"
        raise RecipeError(
            f"--training {data}: holds no scenes; give a run directory of `pam train`, or make one: {make}"
        )
    for folder in SHARED:
        _link(run.root / folder, data / folder)
    _keep_autoencoder(run, source)
    if holds(source, recipe.data.conditions):
        _link(run.clips, source.clips)
        (data / LATENTS).mkdir(exist_ok=True)
        _link(run.root / LATENTS, data / LATENTS)
        return TrainingPlace(run.root, ("latents", "motion"))
    streams = hashlib.sha256(recipe.data.model_dump_json().encode()).hexdigest()[:12]
    for kind in ("clips", LATENTS):
        shared = out / f"{kind}-{streams}"
        shared.mkdir(exist_ok=True)
        _link(run.root / kind, shared)
    return TrainingPlace(run.root, ("clips", "latents", "motion"))


def holds(layout: RunLayout, conditions: tuple[str, ...]) -> bool:
    """Whether the clips of a run have pictures of these conditions."""
    names = block_names(layout.clips, TRAIN)
    if not names:
        return False
    with np.load(layout.clips / f"{names[0]}.labels.npz", allow_pickle=False) as labels:
        return set(conditions) <= {str(name) for name in labels["streams"]}


def _keep_autoencoder(run: RunLayout, source: RunLayout) -> None:
    """The autoencoder of the run at hand, or the one that ships where it has none."""
    path = run.weights("autoencoder")
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    own = source.weights("autoencoder")
    shutil.copyfile(own if own.is_file() else weights_path("demo-autoencoder"), path)


def _link(path: Path, target: Path) -> None:
    if not path.exists() and target.is_dir():
        path.symlink_to(target.resolve(), target_is_directory=True)
