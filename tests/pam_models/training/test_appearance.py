"""The appearance model's training task on made-up pictures."""

from pathlib import Path

import pytest
import torch

from pam_models.appearance.configuration import AppearanceConfig
from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.training.appearance import AppearanceTask
from pam_models.training.latents import cache_latents, load_trained_autoencoder
from pam_models.training.layout import RunLayout
from pam_models.training.ordering import Turn
from pam_models.training.recipe import AppearanceRecipe
from tests.pam_models.training.conftest import losses_on_one_batch


@pytest.fixture
def task(layout: RunLayout, trained: VideoAutoencoder, tiny_appearance: AppearanceConfig) -> AppearanceTask:
    """A task over two cached blocks of pictures."""
    del trained
    autoencoder, digest = load_trained_autoencoder(layout)
    cache_latents(layout, autoencoder, digest, ())
    recipe = AppearanceRecipe(
        steps=10, batch=4, learning_rate=0.01, condition_dropout=0.0, text_dropout=0.0, sample_steps=2
    )
    task = AppearanceTask(
        recipe,
        layout,
        tiny_appearance,
        autoencoder,
        layout.latents(digest),
        ("depth", "segmentation", "keypoints", "normal"),
    )
    task.prepare(0)
    return task


def test_the_batch_pairs_latents_with_their_own_conditions(task: AppearanceTask) -> None:
    """Catches an index that differs between the latents and the pictures: segmentation and foreground must agree."""
    batch = task.batch(Turn(0))
    seg = batch["conditions"]["segmentation"]
    marked = (seg > -1).any(dim=1).float().unfold(1, 8, 8).unfold(2, 8, 8).mean(dim=(3, 4))
    assert torch.allclose(batch["weight"][:, 0], 1 + marked, atol=1e-3)
    assert batch["clean"].shape == (4, 16, 4, 6)


def test_one_batch_is_learnt(task: AppearanceTask) -> None:
    """Catches a flow with the wrong sign or a control branch without gradient: the loss must halve."""
    losses = losses_on_one_batch(task, task.batch(Turn(0)), 60)
    assert losses[-1] < 0.5 * losses[0]


def test_a_sheet_is_written(task: AppearanceTask, tmp_path: Path) -> None:
    """Catches sampling that fails hours into a run."""
    task.model.eval()
    assert task.sample(2, tmp_path) == {}
    assert (tmp_path / "000002.png").is_file()
