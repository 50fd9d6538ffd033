"""The training task of each model of a recipe, and the autoencoder whose latents the generators learn from."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX

from pam_models.appearance.configuration import demo_config as appearance_demo
from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.conditions.appearance_style import VOCABULARY
from pam_models.finishing import FinisherConfig
from pam_models.motion.configuration import demo_config as motion_demo
from pam_models.motion.pipeline import MotionPipeline
from pam_models.motion.svd.configuration import small_config
from pam_models.training.appearance import AppearanceTask
from pam_models.training.autoencoder import AutoencoderTask
from pam_models.training.data_recipe import SimulatedData
from pam_models.training.drafts import load_trained_motion
from pam_models.training.estimator import EstimatorTask
from pam_models.training.finisher import FinisherTask
from pam_models.training.frame_store import prompts_of
from pam_models.training.latents import load_trained_autoencoder
from pam_models.training.layout import RunLayout
from pam_models.training.motion import MotionTask
from pam_models.training.motion_learner import branch_on_frozen_base, whole_model, whole_svd
from pam_models.training.recipe import RecipeError, TrainRecipe
from pam_models.zoo.registry import WeightsError, spec

AnyTask = AutoencoderTask | EstimatorTask | AppearanceTask | MotionTask | FinisherTask


def autoencoder_of(recipe: TrainRecipe, layout: RunLayout) -> tuple[VideoAutoencoder, str]:
    """The autoencoder that the generators see through, and the hash of its file.

    That of `motion.base` where there is one, otherwise this run's own. Raises WeightsError or FileNotFoundError in one
    line where it is absent.
    """
    if recipe.motion is None or recipe.motion.base is None:
        return load_trained_autoencoder(layout)
    folder = recipe.motion.base / "vae"
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        where = spec("cogvideox-5b-i2v").where_from
        raise WeightsError(f"{folder} holds no .safetensors file: {where} was expected at {recipe.motion.base}")
    digest = hashlib.sha256()
    for path in weights:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    vae: AutoencoderKLCogVideoX = AutoencoderKLCogVideoX.from_pretrained(folder, torch_dtype=torch.bfloat16)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return VideoAutoencoder.around(vae).eval().requires_grad_(False).to(device), digest.hexdigest()


def streams_of(recipe: TrainRecipe) -> tuple[str, ...]:
    """The condition streams of clips that need latents: those that the motion model reads, no others."""
    return recipe.motion.conditions if recipe.motion is not None else ()


def vocabulary_of(recipe: TrainRecipe, layout: RunLayout) -> tuple[str, ...]:
    """The words that a small model learns: the project's own, and those of prompts that came with the data."""
    if isinstance(recipe.data, SimulatedData):
        return VOCABULARY
    return (*VOCABULARY, *prompts_of(layout.clips))


def task_of(name: str, recipe: TrainRecipe, layout: RunLayout) -> AnyTask:
    """The task of a declared model. Raises RecipeError, WeightsError or FileNotFoundError in one line."""
    recipe.loop(name)
    if name == "autoencoder" and recipe.autoencoder is not None:
        return AutoencoderTask(recipe.autoencoder, layout)
    if name == "estimator" and recipe.estimator is not None:
        return EstimatorTask(recipe.estimator, layout)
    if name == "finisher" and recipe.finisher is not None:
        pipeline, drafted_by = drafting_pipeline(recipe, layout)
        finisher = FinisherConfig(conditions=recipe.finisher.conditions)
        drafts = layout.drafts(drafted_by)
        return FinisherTask(recipe.finisher, layout, finisher, pipeline, drafts, source=recipe.data.clip_source)
    autoencoder, digest = autoencoder_of(recipe, layout)
    latents = layout.latents(digest)
    if name == "appearance" and recipe.appearance is not None:
        config = appearance_demo(vocabulary_of(recipe, layout))
        return AppearanceTask(recipe.appearance, layout, config, autoencoder, latents, recipe.data.conditions)
    if name == "motion" and recipe.motion is not None:
        return _motion_task(recipe, layout, autoencoder, latents)
    raise RecipeError(f"no model is called {name!r}")


def _motion_task(recipe: TrainRecipe, layout: RunLayout, autoencoder: VideoAutoencoder, latents: Path) -> MotionTask:
    motion = recipe.motion
    assert motion is not None
    torch.manual_seed(motion.seed)
    if motion.backbone == "svd":
        svd = small_config(motion.conditions, autoencoder.config.latent_channels, recipe.data.frames)
        learner = whole_svd(svd, gradient_checkpointing=motion.gradient_checkpointing)
    elif motion.base is None:
        config = motion_demo(vocabulary_of(recipe, layout), motion.conditions)
        learner = whole_model(config, gradient_checkpointing=motion.gradient_checkpointing)
    else:
        learner = branch_on_frozen_base(
            motion.base, motion.conditions, layout.prompts, gradient_checkpointing=motion.gradient_checkpointing
        )
    return MotionTask(motion, layout, learner, autoencoder, latents, source=recipe.data.clip_source)


def drafting_pipeline(recipe: TrainRecipe, layout: RunLayout) -> tuple[MotionPipeline, str]:
    """This run's motion model without a finisher, and the hash of its weights. Raises WeightsError or
    FileNotFoundError where it is absent.
    """
    model, digest = load_trained_motion(layout)
    return MotionPipeline(model, autoencoder_of(recipe, layout)[0]), digest
