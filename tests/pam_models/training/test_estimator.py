"""The estimator's training task on made-up pictures."""

from pathlib import Path

import numpy as np
import torch

from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.training.estimator import EstimatorTask, crop_sample
from pam_models.training.frame_store import load_block
from pam_models.training.layout import RunLayout
from pam_models.training.loop import Limits, Trainer
from pam_models.training.ordering import Turn
from pam_models.training.recipe import EstimatorRecipe
from tests.pam_models.training.conftest import losses_on_one_batch

RECIPE = EstimatorRecipe(steps=4, batch=6, learning_rate=0.005, warmup_steps=1, ema_decay=0.9)


def test_labels_of_a_crop_are_the_pictures_labels_turned(layout: RunLayout, tiny_estimator: CompactConfig) -> None:
    """Catches joints in space that are scaled or shifted with the crop: their lengths stay."""
    block = load_block(layout.pictures, "train-pictures-00000")
    sample = crop_sample(block, 2, tiny_estimator, np.random.default_rng(5), negative=False)
    wrist = block.joints_cam_m[2, 0].astype(np.float64)
    lengths = np.linalg.norm(sample.joints_m, axis=1)
    assert np.allclose(lengths, np.linalg.norm(block.joints_cam_m[2] - wrist, axis=1), atol=1e-6)
    assert sample.joints_px.shape == (21, 2)
    assert sample.has_hand
    assert sample.inside.sum() >= 15


def test_a_crop_beside_the_hand_is_a_negative(layout: RunLayout, tiny_estimator: CompactConfig) -> None:
    """Catches negatives that still show the hand: their joints must lie mostly outside."""
    block = load_block(layout.pictures, "train-pictures-00000")
    block.joints_px[:] = np.array([3.0, 3.0]) + np.random.default_rng(0).uniform(0, 5, block.joints_px.shape)
    rng = np.random.default_rng(1)
    samples = [crop_sample(block, index % 8, tiny_estimator, rng, negative=True) for index in range(24)]
    negatives = [sample for sample in samples if not sample.has_hand]
    assert len(negatives) > 12
    assert np.mean([sample.inside.mean() for sample in negatives]) < 0.4


def test_a_picture_without_a_hand_is_never_a_positive(layout: RunLayout, tiny_estimator: CompactConfig) -> None:
    """Catches labels of a hand that was not rendered."""
    block = load_block(layout.pictures, "held-pictures-00000")
    rng = np.random.default_rng(0)
    assert not any(crop_sample(block, 3, tiny_estimator, rng, negative=flag).has_hand for flag in (True, False))


def test_negatives_do_not_teach_joints(layout: RunLayout, tiny_estimator: CompactConfig) -> None:
    """Catches a joint loss on crops without a hand."""
    task = EstimatorTask(RECIPE, layout, tiny_estimator)
    task.prepare(0)
    batch = task.batch(Turn(0))
    batch["has_hand"] = torch.zeros(6)
    losses = task.losses(batch, torch.Generator())
    assert losses["joints_2d"].item() == 0.0 and losses["joints_3d"].item() == 0.0


def test_one_batch_is_learnt(layout: RunLayout, tiny_estimator: CompactConfig) -> None:
    """Catches a head without gradient: the loss on one batch must halve."""
    task = EstimatorTask(RECIPE, layout, tiny_estimator)
    task.prepare(0)
    losses = losses_on_one_batch(task, task.batch(Turn(0)), 80)
    assert losses[-1] < 0.5 * losses[0]


def test_a_resumed_estimator_is_the_uninterrupted_one(
    layout: RunLayout, tiny_estimator: CompactConfig, tmp_path: Path
) -> None:
    """Catches augmentation or data that is drawn from anything but the step."""

    def run(folder: str, until: int) -> Trainer:
        trainer = Trainer(EstimatorTask(RECIPE, layout, tiny_estimator), RECIPE, tmp_path / folder)
        trainer.run(Limits(until_step=until))
        return trainer

    whole = run("whole", 4)
    run("parts", 2)
    parts = run("parts", 4)
    ours, theirs = (trainer.task.modules["model"].state_dict() for trainer in (whole, parts))
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_held_out_figures_and_a_sheet(layout: RunLayout, tiny_estimator: CompactConfig, tmp_path: Path) -> None:
    """Catches a figure over pictures without a hand, and sampling that fails hours into a run."""
    task = EstimatorTask(RECIPE, layout, tiny_estimator)
    task.model.eval()
    figures = task.sample(0, tmp_path)
    assert set(figures) == {"mpjpe_mm", "pa_mpjpe_mm", "error_2d_px", "hands_found", "absences_told", "clips_mpjpe_mm"}
    assert (tmp_path / "000000.png").is_file()
