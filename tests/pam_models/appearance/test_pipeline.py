from pathlib import Path

import numpy as np
import pytest
import torch

from pam_models.appearance import AppearancePipeline

NAMES = ("depth", "normal", "keypoints", "segmentation")


@pytest.fixture(scope="module")
def pictures() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.integers(0, 256, (3, 32, 48, 3), dtype=np.uint8) for name in NAMES}


def sample(
    pipeline: AppearancePipeline, pictures: dict[str, np.ndarray], items: slice = slice(None), **changed: object
) -> np.ndarray:
    given = {
        "conditions": {name: picture[items] for name, picture in pictures.items()},
        "prompts": ["a red mug", "a blue mug", "a mug"][items],
        "seeds": [1, 2, 3][items],
        "steps": 4,
        "guidance": 4.0,
    }
    return pipeline.sample(**{**given, **changed})  # type: ignore[arg-type]


def test_the_same_call_gives_the_same_bytes_whatever_the_global_seed(
    small_pipeline: AppearancePipeline, pictures: dict[str, np.ndarray]
) -> None:
    torch.manual_seed(1)
    first = sample(small_pipeline, pictures)
    assert first.shape == (3, 32, 48, 3) and first.dtype == np.uint8
    torch.manual_seed(2)
    np.testing.assert_array_equal(sample(small_pipeline, pictures), first)


def test_a_picture_does_not_depend_on_its_batch(
    small_pipeline: AppearancePipeline, pictures: dict[str, np.ndarray]
) -> None:
    """Catches one generator shared by the batch, and products that round with the batch's size: bytes are equal."""
    whole = sample(small_pipeline, pictures)
    alone = sample(small_pipeline, pictures, slice(2, 3))
    np.testing.assert_array_equal(whole[2:], alone)


def test_every_input_matters(small_pipeline: AppearancePipeline, pictures: dict[str, np.ndarray]) -> None:
    """Catches an input that is read and then ignored."""
    plain = sample(small_pipeline, pictures)
    assert (sample(small_pipeline, pictures, seeds=[1, 2, 4])[2] != plain[2]).any()
    assert (sample(small_pipeline, pictures, prompts=["a", "a", "a"]) != plain).any()
    assert (sample(small_pipeline, pictures, guidance=1.0) != plain).any()
    for name in NAMES:
        fewer = {other: picture for other, picture in pictures.items() if other != name}
        assert (sample(small_pipeline, fewer) != plain).any(), name


def test_disagreeing_inputs_are_named(small_pipeline: AppearancePipeline, pictures: dict[str, np.ndarray]) -> None:
    with pytest.raises(ValueError, match="3 seeds, 1 prompts"):
        sample(small_pipeline, pictures, prompts=["a"])
    with pytest.raises(ValueError, match=r"condition normal has shape \(2, 32, 48, 3\)"):
        sample(small_pipeline, {**pictures, "normal": pictures["normal"][:2]})
    with pytest.raises(ValueError, match="at least one condition"):
        sample(small_pipeline, {})


def test_saved_and_loaded_it_samples_alike(
    small_pipeline: AppearancePipeline, pictures: dict[str, np.ndarray], tmp_path: Path
) -> None:
    small_pipeline.save(tmp_path)
    loaded = AppearancePipeline.load(tmp_path)
    difference = sample(loaded, pictures).astype(int) - sample(small_pipeline, pictures).astype(int)
    assert np.abs(difference).mean() < 3
