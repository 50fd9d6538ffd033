"""The motion model's training task on made-up clips."""

from pathlib import Path

import pytest
import torch

from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.motion.configuration import MotionConfig
from pam_models.training.latents import cache_latents, load_trained_autoencoder
from pam_models.training.layout import RunLayout
from pam_models.training.motion import MotionTask
from pam_models.training.motion_learner import whole_model
from pam_models.training.ordering import Turn
from pam_models.training.recipe import MotionRecipe
from tests.pam_models.training.conftest import losses_on_one_batch


@pytest.fixture
def task(layout: RunLayout, trained: VideoAutoencoder, tiny_motion: MotionConfig) -> MotionTask:
    """A task over three cached clips."""
    del trained
    autoencoder, digest = load_trained_autoencoder(layout)
    cache_latents(layout, autoencoder, digest, ("depth", "keypoints"))
    recipe = MotionRecipe(
        steps=10,
        batch=2,
        learning_rate=0.01,
        condition_dropout=0.0,
        first_frame_dropout=0.0,
        text_dropout=0.0,
        sample_steps=2,
        window=1,
        whole_clip_fraction=0.5,
    )
    task = MotionTask(recipe, layout, whole_model(tiny_motion), autoencoder, layout.latents(digest))
    task.prepare(0)
    return task


def test_only_training_clips_are_learnt_from(task: MotionTask, layout: RunLayout) -> None:
    """Catches held-out clips in the pool."""
    text = (layout.model("motion") / "clips.json").read_text()
    assert "train-physics-0" in text and "held" not in text


def test_the_batch_has_the_models_layout(task: MotionTask) -> None:
    """Catches channels and frames exchanged, and a first frame that is not padded with zeros."""
    batch = task.batch(Turn(9))
    assert batch["clean"].shape == (1, 3, 16, 4, 6)
    assert batch["first"][:, 1:].eq(0).all() and batch["first"][:, 0].abs().sum() > 0
    assert batch["conditions"]["depth"].shape == (1, 3, 32, 4, 6)
    assert batch["conditions"]["depth"][:, 1:, 16:].eq(0).all()
    assert batch["weight"].shape == (1, 3, 1, 4, 6)


def test_a_part_keeps_its_first_frame_and_its_place_in_time(task: MotionTask) -> None:
    """Catches parts whose positions are not those of their latents, and parts without the first frame."""
    seen = set()
    for step in range(5):
        part, whole = task.batch(Turn(step)), task.batch(Turn(9))
        assert part["clean"].shape == (2, 2, 16, 4, 6) and part["moments"][0] == 0
        assert whole["moments"] == [0, 1, 2]
        seen.add(part["moments"][1])
    assert seen == {1, 2}


def test_the_same_step_gives_the_same_loss(task: MotionTask) -> None:
    """Catches noise or masks that do not come from the generator."""
    losses = [task.losses(task.batch(Turn(4)), torch.Generator().manual_seed(1))["loss"].item() for _ in range(2)]
    assert losses[0] == losses[1]


def test_one_batch_is_learnt(task: MotionTask) -> None:
    """Catches a target or a schedule that cannot be learnt: the loss on one batch and one noise must halve."""
    losses = losses_on_one_batch(task, task.batch(Turn(0)), 60)
    assert losses[-1] < 0.5 * losses[0]


def test_samples_are_compared_with_a_still_picture(task: MotionTask, tmp_path: Path) -> None:
    """Catches a figure that a repeated first frame would win unseen."""
    task.modules["model"].eval()
    figures = task.sample(1, tmp_path)
    assert {"psnr_db", "psnr_still_db", "psnr_moving_db", "psnr_still_moving_db"} <= set(figures)
    assert list(tmp_path.glob("*.png"))
