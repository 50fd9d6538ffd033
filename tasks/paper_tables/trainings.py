"""The run directory of a model that a table trains: the data of another run by links, and a model folder of its own."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pam_models.motion import MotionModel
from pam_models.training.data_recipe import SimulatedData
from pam_models.training.frame_store import block_names
from pam_models.training.layout import TRAIN, RunLayout
from pam_models.training.loop import Trainer
from pam_models.training.model_tasks import task_of
from pam_models.training.recipe import RecipeError, TrainRecipe
from pam_models.zoo.registry import weights_path

SHARED = ("scenes", "estimator")
LATENTS = "latents"


@dataclass(frozen=True)
class TrainingPlace:
    """Where a model is trained, and the stages of `pam train` that do it."""

    folder: Path
    stages: tuple[str, ...]

    def go_on_from(self, weights: str, recipe: TrainRecipe) -> None:
        """Let a training that has no checkpoint yet begin with finished weights: `demo`, or a model folder.

        The stages before `motion` must be done. Raises RecipeError where the weights are of a model of other shapes.
        """
        layout = RunLayout(self.folder)
        if (layout.model("motion") / "checkpoint.pt").is_file() or self.weights.is_file():
            return
        task, finished = task_of("motion", recipe, layout), MotionModel.load(weights)
        model = task.modules["model"]
        if not isinstance(model, MotionModel) or model.config != finished.config:
            raise RecipeError(
                f"a training cannot go on from {weights}: it is of another motion model than the recipe's"
            )
        model.load_state_dict(finished.state_dict())
        Trainer(task, recipe.loop("motion"), layout.model("motion")).save()

    @property
    def weights(self) -> Path:
        """The finished motion model."""
        return RunLayout(self.folder).weights("motion")

    @property
    def autoencoder(self) -> Path:
        """The autoencoder whose latents it knows."""
        return RunLayout(self.folder).weights("autoencoder")


def own_scenes(out: Path, data: Path, recipe: TrainRecipe) -> Path | None:
    """The run directory in which a table simulates scenes of its own, because there is none at `data`; else None."""
    if not isinstance(recipe.data, SimulatedData) or data.exists():
        return None
    simulated = recipe.data.model_copy(update={"conditions": (), "clips_per_scene": 1})
    return out / f"scenes-{hashlib.sha256(simulated.model_dump_json().encode()).hexdigest()[:12]}"


def training_place(out: Path, data: Path, name: str, recipe: TrainRecipe, *, continued: bool = False) -> TrainingPlace:
    """Make the folder in which `recipe`'s motion model is trained on the scenes, clips and latents of the run at
    `data`; recorded data are read into the folder itself. `continued`: it goes on from weights that ship, whose latents
    are those of the autoencoder that ships.

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
    _keep_autoencoder(run, source, shipped=continued)
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


def _keep_autoencoder(run: RunLayout, source: RunLayout, *, shipped: bool) -> None:
    """The autoencoder of the run at hand, or the one that ships where it has none."""
    path = run.weights("autoencoder")
    if path.is_file():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    own = source.weights("autoencoder")
    shutil.copyfile(own if own.is_file() and not shipped else weights_path("demo-autoencoder"), path)


def _link(path: Path, target: Path) -> None:
    if not path.exists() and target.is_dir():
        path.symlink_to(target.resolve(), target_is_directory=True)
