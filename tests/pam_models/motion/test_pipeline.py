from pathlib import Path

import numpy as np
import pytest
import torch

from pam_models.finishing import ClipFinisher, FinisherConfig
from pam_models.motion import MotionPipeline
from pam_models.zoo import WeightsError

PROMPTS = ["a red mug", "a blue mug"]


def sample(
    pipeline: MotionPipeline, clips: dict[str, np.ndarray], items: slice = slice(None), **changed: object
) -> np.ndarray:
    given = {
        "first_frame": clips["depth"][items, 0],
        "conditions": {name: clip[items] for name, clip in clips.items()},
        "prompts": PROMPTS[items],
        "seeds": [3, 4][items],
        "steps": 3,
        "guidance": 2.0,
    }
    return pipeline.sample(**{**given, **changed})  # type: ignore[arg-type]


def test_the_same_call_gives_the_same_bytes_and_another_seed_others(
    small_pipeline: MotionPipeline, clips: dict[str, np.ndarray]
) -> None:
    first = sample(small_pipeline, clips)
    assert first.shape == (2, 9, 16, 32, 3) and first.dtype == np.uint8
    np.testing.assert_array_equal(sample(small_pipeline, clips), first)
    assert (sample(small_pipeline, clips, seeds=[30, 40]) != first).any()


def test_a_clip_does_not_depend_on_its_batch(small_pipeline: MotionPipeline, clips: dict[str, np.ndarray]) -> None:
    whole = sample(small_pipeline, clips)
    alone = sample(small_pipeline, clips, slice(1, 2))
    np.testing.assert_array_equal(whole[1:], alone)


def test_a_global_seed_changes_nothing(small_pipeline: MotionPipeline, clips: dict[str, np.ndarray]) -> None:
    """Catches noise drawn from torch's global generator."""
    torch.manual_seed(1)
    first = sample(small_pipeline, clips)
    torch.manual_seed(2)
    np.testing.assert_array_equal(sample(small_pipeline, clips), first)


def test_every_input_matters(small_pipeline: MotionPipeline, clips: dict[str, np.ndarray]) -> None:
    """Catches an input that is read and then ignored."""
    plain = sample(small_pipeline, clips)
    assert (sample(small_pipeline, clips, conditions={"depth": clips["depth"]}) != plain).any()
    assert (sample(small_pipeline, clips, prompts=["a", "a"]) != plain).any()
    assert (sample(small_pipeline, clips, first_frame=255 - clips["depth"][:, 0]) != plain).any()
    assert (sample(small_pipeline, clips, strengths={"depth": 0.2}) != plain).any()


def test_disagreeing_inputs_are_named(small_pipeline: MotionPipeline, clips: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="2 seeds, 1 prompts"):
        sample(small_pipeline, clips, prompts=["a"])
    with pytest.raises(ValueError, match="no condition is called normal"):
        sample(small_pipeline, clips, conditions={"normal": clips["depth"]})
    with pytest.raises(ValueError, match=r"condition depth has shape \(2, 5, 16, 32, 3\)"):
        sample(small_pipeline, clips, conditions={"depth": clips["depth"][:, :5]})


def test_saved_and_loaded_it_samples_alike(
    small_pipeline: MotionPipeline, clips: dict[str, np.ndarray], tmp_path: Path
) -> None:
    small_pipeline.save(tmp_path)
    loaded = MotionPipeline.load(tmp_path)
    loaded.autoencoder.convolutions_to(torch.float32)
    difference = sample(loaded, clips).astype(int) - sample(small_pipeline, clips).astype(int)
    assert np.abs(difference).mean() < 3


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="no weights at"):
        MotionPipeline.load(tmp_path)


@pytest.fixture
def with_finisher(small_pipeline: MotionPipeline) -> MotionPipeline:
    torch.manual_seed(0)
    finisher = ClipFinisher(FinisherConfig(conditions=("depth", "normal"), widths=(8,), blocks=1)).eval()
    torch.nn.init.normal_(finisher.conv_out.weight, std=0.1)
    return MotionPipeline(small_pipeline.model, small_pipeline.autoencoder, finisher=finisher)


def test_a_finisher_goes_over_the_decoded_clip_and_reads_what_it_alone_knows(
    with_finisher: MotionPipeline, small_pipeline: MotionPipeline, clips: dict[str, np.ndarray]
) -> None:
    """Catches a finisher that is loaded and not run, and its conditions handed to a model without a slot for them."""
    plain = sample(small_pipeline, clips)
    finished = sample(with_finisher, clips)
    first = clips["depth"][:, 0]
    assert with_finisher.finisher is not None
    np.testing.assert_array_equal(finished, with_finisher.finisher.finish(plain, first, {"depth": clips["depth"]}))
    assert with_finisher.conditions == ("depth", "segmentation", "normal")
    more = {**clips, "normal": clips["segmentation"]}
    assert (sample(with_finisher, clips, conditions=more) != finished).any()
    np.testing.assert_array_equal(sample(with_finisher, clips, conditions=more, strengths={"normal": 0.0}), finished)


def test_a_finisher_is_saved_with_its_pipeline(with_finisher: MotionPipeline, tmp_path: Path) -> None:
    """Catches a saved pipeline that makes softer clips than the one in memory."""
    with_finisher.save(tmp_path)
    assert MotionPipeline.load(tmp_path).conditions == with_finisher.conditions
