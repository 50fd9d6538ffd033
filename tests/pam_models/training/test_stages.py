"""The order of a run's stages, and checkpoints that do not belong to their inputs."""

import json
from pathlib import Path
from shutil import copyfile

import pytest

from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.training.checkpoint import CheckpointError
from pam_models.training.data_recipe import SnapshotData
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import RecipeError, TrainRecipe, load_recipe
from pam_models.training.stages import TrainingRun
from pam_models.zoo.registry import weights_path


def run_of(recipe: TrainRecipe, layout: RunLayout, tmp_path: Path) -> TrainingRun:
    return TrainingRun(recipe, layout, tmp_path / "zoo")


def begin_on_others(layout: RunLayout, model: str, maker: str) -> None:
    """A checkpoint of `model` that learnt from what another `maker` made."""
    folder = layout.model(model)
    folder.mkdir(parents=True)
    (folder / "inputs.json").write_text(json.dumps({maker: "0" * 64}), encoding="utf-8")
    (folder / "checkpoint.pt").touch()


def test_data_come_first_and_latents_before_the_first_generator(layout: RunLayout, tmp_path: Path) -> None:
    """Catches a generator that is trained before the autoencoder whose latents it reads."""
    recipe = load_recipe("demo")
    assert run_of(recipe, layout, tmp_path).stages == (
        "kinematic", "scenes", "clips", "pictures", "autoencoder", "estimator", "latents", "appearance", "motion",
        "drafts", "finisher",
    )  # fmt: skip
    imported = recipe.model_copy(update={"data": SnapshotData(store="s", build="b"), "appearance": None})
    assert run_of(imported, layout, tmp_path).stages == (
        "import", "autoencoder", "estimator", "latents", "motion", "drafts", "finisher",
    )  # fmt: skip
    judges = recipe.model_copy(update={"appearance": None, "motion": None, "finisher": None})
    assert not {"latents", "drafts"} & set(run_of(judges, layout, tmp_path).stages)


def test_an_unknown_stage_is_answered_with_those_that_there_are(layout: RunLayout, tmp_path: Path) -> None:
    """Catches a misspelt model that does nothing and says that all is well."""
    with pytest.raises(RecipeError, match="has no stage 'moton'; it has kinematic"):
        run_of(load_recipe("demo"), layout, tmp_path).run("moton")


def test_a_checkpoint_of_other_latents_is_not_continued(
    layout: RunLayout, trained: VideoAutoencoder, tmp_path: Path
) -> None:
    """Catches a generator that learnt one codec's latents and goes on with another's."""
    begin_on_others(layout, "motion", "autoencoder")
    with pytest.raises(CheckpointError, match="latents of another autoencoder model"):
        run_of(load_recipe("demo"), layout, tmp_path).run("motion")


def test_a_finisher_of_other_drafts_is_not_continued(layout: RunLayout, tmp_path: Path) -> None:
    """Catches a finisher that learnt one motion model's faults and goes on with another's."""
    layout.weights("motion").parent.mkdir(parents=True)
    copyfile(weights_path("demo-motion"), layout.weights("motion"))
    begin_on_others(layout, "finisher", "motion")
    with pytest.raises(CheckpointError, match="drafts of another motion model"):
        run_of(load_recipe("demo"), layout, tmp_path).run("finisher")
