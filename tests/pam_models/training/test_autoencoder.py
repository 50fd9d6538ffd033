"""The autoencoder's training task on made-up clips."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pam_models.autoencoder.configuration import AutoencoderConfig
from pam_models.training.autoencoder import AutoencoderTask, edge_loss, latent_statistics
from pam_models.training.frame_store import load_block
from pam_models.training.layout import RunLayout
from pam_models.training.loop import Limits, Trainer
from pam_models.training.ordering import Turn
from pam_models.training.recipe import AutoencoderRecipe

RECIPE = AutoencoderRecipe(
    steps=30,
    batch=1,
    learning_rate=0.01,
    warmup_steps=2,
    crop_frames=(9, 1),
    crop_weights=(0.7, 0.3),
    ema_decay=None,
    window=(16, 24),
)


def _task(layout: RunLayout, config: AutoencoderConfig) -> AutoencoderTask:
    task = AutoencoderTask(RECIPE, layout, config)
    task.prepare(0)
    return task


def test_the_same_step_gives_the_same_batch(layout: RunLayout, tiny_autoencoder: AutoencoderConfig) -> None:
    """Catches data that depends on what was drawn before: a resumed run would see something else."""
    first, second = _task(layout, tiny_autoencoder), _task(layout, tiny_autoencoder)
    second.batch(Turn(3))
    for step in (7, 8):
        assert torch.equal(first.batch(Turn(step))["video"], second.batch(Turn(step))["video"])


def test_the_weight_marks_hand_and_object(layout: RunLayout, tiny_autoencoder: AutoencoderConfig) -> None:
    """Catches a weight taken from the stream that is learnt instead of the segmentation."""
    weight = _task(layout, tiny_autoencoder).batch(Turn(29))["weight"]
    assert weight[..., 8:24, 16:32].eq(3).all()
    assert weight[..., :8, :].eq(1).all()


def test_crops_show_the_foreground_and_the_last_steps_whole_pictures(
    layout: RunLayout, tiny_autoencoder: AutoencoderConfig
) -> None:
    """Catches crops of empty background, and a model that never saw the size it is used at."""
    task = _task(layout, tiny_autoencoder)
    for step in range(6):
        weight = task.batch(Turn(step))["weight"]
        assert weight.shape[-2:] == (16, 24)
        assert weight.flatten(1).amax(dim=1).eq(3).all()
    assert task.batch(Turn(29))["video"].shape[-2:] == (32, 48)


def test_one_batch_is_learnt(layout: RunLayout, tiny_autoencoder: AutoencoderConfig) -> None:
    """Catches a loss that does not reach the weights: it must halve on one batch."""
    task = _task(layout, tiny_autoencoder)
    batch = next(batch for step in range(20) if (batch := task.batch(Turn(step)))["video"].shape[2] == 1)
    optimizer = torch.optim.Adam(task.model.parameters(), lr=0.02)
    losses = []
    for step in range(90):
        loss = task.losses(batch, torch.Generator().manual_seed(step))["loss"]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert min(losses[-5:]) < 0.5 * losses[0]


def test_an_edge_costs_more_than_a_shift_in_brightness() -> None:
    """Catches gradients taken over time or channels: a constant difference has no edges."""
    weight = torch.ones(1, 1, 1, 8, 8)
    assert edge_loss(torch.full((1, 3, 1, 8, 8), 0.5), weight).item() == 0.0
    step = torch.zeros(1, 3, 1, 8, 8)
    step[..., 4:] = 1.0
    assert edge_loss(step, weight).item() == pytest.approx(1 / 7)


def test_statistics_normalise_the_latents(layout: RunLayout, tiny_autoencoder: AutoencoderConfig) -> None:
    """Catches a deviation over the wrong axes."""
    model = _task(layout, tiny_autoencoder).model
    blocks = [load_block(layout.clips, f"train-physics-{index}-v0") for index in range(2)]
    mean, std = latent_statistics(model, blocks)
    model.set_latent_statistics(mean, std)
    latents = torch.cat([model.encode(np.asarray(block.stream("rgb"))[None]) for block in blocks])
    assert latents.mean(dim=(0, 2, 3, 4)).abs().max() < 0.1
    assert (latents.std(dim=(0, 2, 3, 4)) - 1).abs().max() < 0.1


def test_a_start_writes_a_sheet_and_figures(
    layout: RunLayout, tiny_autoencoder: AutoencoderConfig, tmp_path: Path
) -> None:
    """Catches sampling that fails hours into a run."""
    trainer = Trainer(_task(layout, tiny_autoencoder), RECIPE, tmp_path)
    trainer.run(Limits(until_step=2))
    figures = trainer.sample()
    assert set(figures) == {"psnr_rgb_db", "psnr_conditions_db", "psnr_foreground_db"}
    assert list((tmp_path / "samples").glob("*.png"))
