"""The finisher's training task on made-up clips and drafts."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.finishing import FinisherConfig
from pam_models.motion.configuration import MotionConfig
from pam_models.motion.modeling import MotionModel
from pam_models.motion.pipeline import MotionPipeline
from pam_models.training.drafts import make_drafts
from pam_models.training.finisher import FinisherTask
from pam_models.training.layout import RunLayout
from pam_models.training.ordering import Turn
from pam_models.training.recipe import FinisherRecipe, RecipeError, load_recipe
from tests.pam_models.training.conftest import losses_on_one_batch

DIGEST = "0" * 64
CONFIG = FinisherConfig(conditions=("depth", "keypoints", "normal"), widths=(8, 8), blocks=1)


def task_with(layout: RunLayout, trained: VideoAutoencoder, motion: MotionConfig, dropout: float) -> FinisherTask:
    recipe = FinisherRecipe(
        steps=10, batch=3, learning_rate=0.01, condition_dropout=dropout, frames=4, cut_out=(16, 24)
    )
    pipeline = MotionPipeline(MotionModel(motion).eval(), trained.eval())
    make_drafts(layout, pipeline, DIGEST, recipe)
    task = FinisherTask(recipe, layout, CONFIG, pipeline, layout.drafts(DIGEST))
    task.prepare(0)
    return task


@pytest.fixture
def task(layout: RunLayout, trained: VideoAutoencoder, tiny_motion: MotionConfig) -> FinisherTask:
    return task_with(layout, trained, tiny_motion, 0.0)


def test_a_cut_out_is_the_same_place_of_everything(task: FinisherTask, layout: RunLayout) -> None:
    """Catches a truth that lies beside its draft by a pixel or a frame: found in the clip, both lie at one place."""
    batch = task.batch(Turn(3))
    assert batch["draft"].shape == batch["truth"].shape == batch["conditions"]["normal"].shape == (3, 4, 3, 16, 24)
    assert batch["first"].shape == (3, 3, 16, 24) and batch["weight"].shape == (3, 4, 1, 16, 24)
    assert set(batch["weight"].unique().tolist()) == {1.0, 4.0}
    clips = {}
    for name in ("train-physics-0-v0", "train-physics-1-v0", "train-physics-2-v0"):
        clips[name] = np.load(layout.clips / f"{name}.frames.npy")
    truth = ((batch["truth"][0].permute(0, 2, 3, 1).numpy() + 1) * 127.5).round().astype(np.uint8)
    normal = ((batch["conditions"]["normal"][0].permute(0, 2, 3, 1).numpy() + 1) * 127.5).round().astype(np.uint8)
    places = [
        (name, start, top, left)
        for name, streams in clips.items()
        for start in range(6)
        for top in range(0, 17, 2)
        for left in range(0, 25, 2)
        if (streams[0, start : start + 4, top : top + 16, left : left + 24] == truth).all()
    ]
    assert places
    assert any(
        (clips[name][4, start : start + 4, top : top + 16, left : left + 24] == normal).all()
        for name, start, top, left in places
    )


def test_a_turn_repeats(task: FinisherTask) -> None:
    """Catches a cut-out that does not follow from the turn."""
    assert torch.equal(task.batch(Turn(4))["truth"], task.batch(Turn(4))["truth"])
    assert not torch.equal(task.batch(Turn(4))["truth"], task.batch(Turn(5))["truth"])


def test_conditions_are_there_as_the_draft_had_them(
    layout: RunLayout, trained: VideoAutoencoder, tiny_motion: MotionConfig
) -> None:
    """Catches a finisher that learns to lean on conditions which the motion model did not have."""
    assert all(
        there.eq(1).all() for there in task_with(layout, trained, tiny_motion, 0.0).batch(Turn(0))["present"].values()
    )
    for path in layout.drafts(DIGEST).iterdir():
        path.unlink()
    bare = task_with(layout, trained, tiny_motion, 1.0).batch(Turn(0))["present"]
    assert all(there.eq(0).all() for there in bare.values())


def test_one_batch_is_learnt(task: FinisherTask) -> None:
    """Catches a target that cannot be learnt: the loss on one batch must halve."""
    losses = losses_on_one_batch(task, task.batch(Turn(0)), 150)
    assert losses[-1] < 0.5 * losses[0]


def test_samples_are_compared_with_their_drafts(task: FinisherTask, tmp_path: Path) -> None:
    """Catches figures that do not tell the finisher's share from the motion model's."""
    task.model.eval()
    figures = task.sample(1, tmp_path)
    assert figures["psnr_db"] == figures["draft_psnr_db"]
    assert list(tmp_path.glob("*.png"))


def test_a_recipe_that_cannot_be_cut_or_rendered_is_one_line() -> None:
    """Catches sides that the finest level cannot halve, and conditions that no clip has."""
    with pytest.raises(RecipeError, match="cut_out must have sides in multiples of 8"):
        load_recipe("demo", ["finisher.cut_out=[20, 64]"])
    with pytest.raises(RecipeError, match=r"finisher\.conditions has tracking"):
        load_recipe("demo", ["finisher.conditions=[tracking]"])
