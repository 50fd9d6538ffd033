"""Clips of the motion model that the finisher learns from."""

from pathlib import Path

import numpy as np
import pytest

from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.motion.configuration import MotionConfig
from pam_models.motion.modeling import MotionModel
from pam_models.motion.pipeline import MotionPipeline
from pam_models.training.drafts import load_draft, load_trained_motion, make_drafts
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import FinisherRecipe

DIGEST = "0" * 64


@pytest.fixture
def pipeline(trained: VideoAutoencoder, tiny_motion: MotionConfig) -> MotionPipeline:
    return MotionPipeline(MotionModel(tiny_motion).eval(), trained.eval())


def recipe_with(dropout: float) -> FinisherRecipe:
    return FinisherRecipe(steps=1, batch=1, learning_rate=0.1, condition_dropout=dropout)


def test_training_clips_alone_are_sampled_once(layout: RunLayout, pipeline: MotionPipeline) -> None:
    """Catches a finisher that has seen the clips it is judged on, and drafts that are made anew at every start."""
    assert make_drafts(layout, pipeline, DIGEST, recipe_with(0.0)) == 0
    files = sorted(layout.drafts(DIGEST).iterdir())
    assert [file.name for file in files] == [f"train-physics-{index}-v0.npz" for index in range(3)]
    made = [file.stat().st_mtime_ns for file in files]
    assert make_drafts(layout, pipeline, DIGEST, recipe_with(0.0)) == 0
    assert [file.stat().st_mtime_ns for file in files] == made
    assert make_drafts(layout, pipeline, "1" * 64, recipe_with(0.0), minutes=-1.0) == 3


def test_a_draft_is_what_its_conditions_make(layout: RunLayout, pipeline: MotionPipeline) -> None:
    """Catches a draft that was made with conditions which it says it did not have."""
    name = "train-physics-0-v0"
    for digest, dropout in ((DIGEST, 0.0), ("1" * 64, 1.0)):
        make_drafts(layout, pipeline, digest, recipe_with(dropout))
    whole, bare = (load_draft(layout.drafts(digest), name) for digest in (DIGEST, "1" * 64))
    assert whole.kept == {"depth", "keypoints"} and bare.kept == frozenset()
    assert whole.frames.shape == (9, 32, 48, 3) and whole.frames.dtype == np.uint8


def test_a_motion_model_that_is_not_trained_is_told(layout: RunLayout, tmp_path: Path) -> None:
    """Catches a finisher that learns on the shipped model's clips in silence."""
    with pytest.raises(FileNotFoundError, match="train the motion model to its end"):
        load_trained_motion(layout)
