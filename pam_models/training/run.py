"""Make the data and train the models of a recipe, one at a time: `python -m pam_models.training.run --model motion`.

Every start continues what is in the run directory. `--minutes` and SIGTERM end a start after writing a checkpoint; the
weights are exported when the declared steps are done, or at once with `--export`.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import BaseModel

from pam_models.appearance.configuration import demo_config as appearance_demo
from pam_models.autoencoder.modeling import DEMO_ID as AUTOENCODER_ID
from pam_models.conditions.appearance_style import VOCABULARY
from pam_models.estimators.compact.pipeline import DEMO_ID as ESTIMATOR_ID
from pam_models.motion.configuration import demo_config as motion_demo
from pam_models.training.appearance import AppearanceTask
from pam_models.training.autoencoder import AutoencoderTask
from pam_models.training.card import TrainingRecord, write_model_card
from pam_models.training.checkpoint import CheckpointError
from pam_models.training.clips import ClipFactory, Deadline
from pam_models.training.estimator import EstimatorTask
from pam_models.training.frame_store import block_names
from pam_models.training.latents import cache_latents, load_trained_autoencoder
from pam_models.training.layout import TRAIN, RunLayout
from pam_models.training.loop import Limits, Trainer, TrainingFailedError
from pam_models.training.motion import MotionTask
from pam_models.training.recipe import LoopRecipe, RecipeError, TrainRecipe, load_recipe
from pam_models.training.scenes import scene_keys
from pam_models.training.sheets import loss_plot
from pam_models.zoo import weights_file
from pam_models.zoo.registry import DEMO_DIRECTORY, WeightsError, save_demo_weights

log = logging.getLogger(__name__)

AnyTask = AutoencoderTask | EstimatorTask | AppearanceTask | MotionTask
DATA = ("kinematic", "scenes", "clips", "pictures")
MODELS = ("autoencoder", "estimator", "appearance", "motion")
_ZOO_IDS = {
    "autoencoder": AUTOENCODER_ID,
    "estimator": ESTIMATOR_ID,
    "appearance": "demo-appearance",
    "motion": "demo-motion",
}


@dataclass(frozen=True)
class Options:
    """What a start was asked to do."""

    layout: RunLayout
    recipe: TrainRecipe
    minutes: float | None
    steps: int | None
    processes: int
    export: bool
    zoo: Path


def make_data(what: str, options: Options) -> None:
    """Make one kind of data until it is complete or the time is over."""
    factory = ClipFactory(options.recipe.data, options.layout)
    deadline = Deadline.after(options.minutes)
    makers: dict[str, Callable[[], int]] = {
        "kinematic": factory.make_kinematic_scenes,
        "scenes": lambda: factory.make_physics_scenes(options.processes, deadline),
        "clips": lambda: factory.make_clips(deadline),
        "pictures": lambda: factory.make_pictures(deadline),
    }
    log.info("%s: %d are there", what, makers[what]())


def train(name: str, options: Options) -> None:
    """Train one model until its declared steps are done or the start ends; export it when it is done or asked for."""
    recipe = _loop_recipe(name, options.recipe)
    folder = options.layout.model(name)
    trainer = Trainer(_task(name, options), recipe, folder)
    if options.export:
        trainer.resume()
        trainer.task.prepare(trainer.step)
        finished = True
    else:
        finished = trainer.run(Limits(minutes=options.minutes, until_step=options.steps)).finished
    if (folder / "losses.csv").is_file():
        loss_plot(folder / "losses.csv", folder / "loss.png")
    if finished:
        export(name, trainer, options)


def export(name: str, trainer: Trainer, options: Options) -> None:
    """Write the averaged weights for this run's other models and into the zoo, with what they were made from."""
    figures = trainer.sample()
    task = trainer.task
    with trainer.averaged():
        if isinstance(task, AutoencoderTask):
            task.set_statistics()
        model = task.modules["model"]
        record = TrainingRecord(
            model=name,
            recipe=options.recipe.name,
            recipe_sha256=options.recipe.sha256(),
            data=data_counts(options.layout),
            parameters=sum(parameter.numel() for parameter in model.parameters()),
            steps=trainer.step,
            declared_steps=trainer.recipe.steps,
            batch=trainer.recipe.batch,
            seconds=trainer.seconds,
            figures=figures,
        )
        config = model.config
        if not isinstance(config, BaseModel):
            raise TypeError(f"{name}: the model's configuration must be a pydantic model")
        weights_file.write_model(options.layout.weights(name), model, config)
        spec = save_demo_weights(
            _ZOO_IDS[name],
            model.state_dict(),
            {**record.metadata(), weights_file.CONFIG_KEY: config.model_dump_json()},
            options.zoo,
        )
    record.write(options.layout.model(name) / "card.md")
    sections = [options.layout.model(model) / "card.md" for model in MODELS]
    write_model_card(sections, options.zoo / "MODEL_CARD.md")
    log.info("%s: exported as %s revision %s into %s", name, spec.id, spec.revision, options.zoo)


def data_counts(layout: RunLayout) -> dict[str, int]:
    """How many training scenes, clips and picture blocks there are."""
    return {
        "physics_scenes": len(scene_keys(layout.scenes, "physics")),
        "kinematic_scenes": len(scene_keys(layout.scenes, "kinematic")),
        "training_clips": len(block_names(layout.clips, TRAIN)),
        "training_picture_blocks": len(block_names(layout.pictures, TRAIN)),
    }


def _task(name: str, options: Options) -> AnyTask:
    recipe, layout = options.recipe, options.layout
    if name == "autoencoder":
        return AutoencoderTask(recipe.autoencoder, layout)
    if name == "estimator":
        return EstimatorTask(recipe.estimator, layout)
    autoencoder, digest = load_trained_autoencoder(layout)
    latents = layout.latents(digest)
    if name == "appearance":
        config = appearance_demo(VOCABULARY)
        return AppearanceTask(recipe.appearance, layout, config, autoencoder, latents, recipe.data.conditions)
    return MotionTask(recipe.motion, layout, motion_demo(VOCABULARY, recipe.motion.conditions), autoencoder, latents)


def _loop_recipe(name: str, recipe: TrainRecipe) -> LoopRecipe:
    recipes: dict[str, LoopRecipe] = {
        "autoencoder": recipe.autoencoder,
        "estimator": recipe.estimator,
        "appearance": recipe.appearance,
        "motion": recipe.motion,
    }
    return recipes[name]


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and do it; the exit code is 0 unless something went wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m pam_models.training.run", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--model", required=True, choices=[*DATA, "latents", *MODELS], help="what to make or train")
    parser.add_argument("--recipe", default="demo", help="a recipe's name or path")
    parser.add_argument("--dir", type=Path, default=Path(".training"), help="the run directory")
    parser.add_argument("--minutes", type=float, help="end this start after so many minutes")
    parser.add_argument("--steps", type=int, help="end this start at this step")
    parser.add_argument("--threads", type=int, default=2, help="torch threads")
    parser.add_argument("--processes", type=int, default=2, help="simulating processes")
    parser.add_argument("--export", action="store_true", help="export the weights as they are, without training")
    parser.add_argument("--zoo", type=Path, default=DEMO_DIRECTORY, help="where finished weights go")
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    torch.set_num_threads(given.threads)
    try:
        options = Options(
            RunLayout(given.dir),
            load_recipe(given.recipe),
            given.minutes,
            given.steps,
            given.processes,
            given.export,
            given.zoo,
        )
        if given.model in DATA:
            make_data(given.model, options)
        elif given.model == "latents":
            cache_latents(options.layout, options.recipe.motion.conditions, options.minutes)
        else:
            train(given.model, options)
    except (RecipeError, CheckpointError, TrainingFailedError, WeightsError, FileNotFoundError, ValueError) as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
