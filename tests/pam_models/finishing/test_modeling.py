"""The finisher on made-up pictures."""

from pathlib import Path

import numpy as np
import pytest
import torch

from pam_models.finishing import ClipFinisher, FinisherConfig
from pam_models.zoo import WeightsError

SMALL = FinisherConfig(conditions=("depth", "normal"), widths=(8, 12), blocks=1)


def shaken(config: FinisherConfig = SMALL) -> ClipFinisher:
    """A finisher whose every layer reaches the output."""
    torch.manual_seed(0)
    model = ClipFinisher(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return model


@pytest.fixture
def pictures() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    names = ("clip", "depth", "normal")
    return {name: rng.integers(0, 256, (2, 5, 16, 24, 3), dtype=np.uint8) for name in names}


def finished(model: ClipFinisher, pictures: dict[str, np.ndarray], *names: str, **strengths: float) -> np.ndarray:
    given = {name: pictures[name] for name in names}
    return np.asarray(model.finish(pictures["clip"], pictures["depth"][:, 0], given, strengths))


def test_a_fresh_one_changes_nothing(pictures: dict[str, np.ndarray]) -> None:
    """Catches a start that has to be unlearnt: the clip must come out bit-equal."""
    np.testing.assert_array_equal(finished(ClipFinisher(SMALL), pictures, "depth"), pictures["clip"])


def test_every_input_matters_and_an_absent_condition_is_not_a_black_one(pictures: dict[str, np.ndarray]) -> None:
    """Catches an input that is read and then ignored, and absence that is told by a picture that may be real."""
    model = shaken()
    both = finished(model, pictures, "depth", "normal")
    assert (finished(model, pictures, "depth") != both).any()
    assert (finished(model, pictures, "depth", "normal", normal=0.5) != both).any()
    assert (model.finish(pictures["clip"], pictures["normal"][:, 0], {}) != finished(model, pictures)).any()
    grey = {**pictures, "normal": np.full_like(pictures["normal"], 128)}
    assert (finished(model, grey, "depth", "normal") != finished(model, pictures, "depth")).any()


def test_strength_zero_is_absence_and_strangers_are_not_read(pictures: dict[str, np.ndarray]) -> None:
    """Catches a condition that is multiplied by zero and still said to be there."""
    model = shaken()
    alone = finished(model, pictures, "depth")
    np.testing.assert_array_equal(finished(model, pictures, "depth", "normal", normal=0.0), alone)
    stranger = model.finish(
        pictures["clip"], pictures["depth"][:, 0], {"depth": pictures["depth"], "tracking": pictures["normal"]}
    )
    np.testing.assert_array_equal(stranger, alone)


def test_a_batch_may_have_a_condition_for_some_of_its_clips() -> None:
    """Catches training on a mask that sampling does not know."""
    model, generator = shaken(), torch.Generator().manual_seed(1)
    clip, depth, normal = (torch.rand(2, 5, 3, 16, 24, generator=generator) for _ in range(3))
    present = {"depth": torch.ones(2), "normal": torch.tensor([1.0, 0.0])}
    with torch.no_grad():
        mixed = model(clip, clip[:, 0], {"depth": depth, "normal": normal}, present)
        without = model(clip[1:], clip[1:, 0], {"depth": depth[1:]})
    torch.testing.assert_close(mixed[1:], without)


def test_neighbouring_frames_are_read(pictures: dict[str, np.ndarray]) -> None:
    """Catches a shift over time that goes the wrong way or past the ends of a clip."""
    model, changed = shaken(), {name: clip.copy() for name, clip in pictures.items()}
    changed["normal"][:, 2] = 0
    moved = (finished(model, changed, "normal") != finished(model, pictures, "normal")).any(axis=(0, 2, 3, 4))
    assert moved[1:4].all()
    one_block = FinisherConfig(conditions=("normal",), widths=(8,), blocks=1)
    reach = shaken(one_block)
    moved = (finished(reach, changed, "normal") != finished(reach, pictures, "normal")).any(axis=(0, 2, 3, 4))
    np.testing.assert_array_equal(moved, [False, True, True, True, False])


def test_sides_that_do_not_fold_are_told(pictures: dict[str, np.ndarray]) -> None:
    """Catches a traceback from inside the network."""
    narrow = {name: clip[:, :, :, :22] for name, clip in pictures.items()}
    with pytest.raises(ValueError, match="sides in multiples of 4, got 16x22"):
        finished(shaken(), narrow, "depth")


def test_saved_and_loaded_it_finishes_alike(pictures: dict[str, np.ndarray], tmp_path: Path) -> None:
    model = shaken()
    model.save(tmp_path)
    loaded = ClipFinisher.load(tmp_path).float()
    # It was rounded to this processor's fastest format on the way.
    np.testing.assert_allclose(
        finished(loaded, pictures, "depth"), finished(model, pictures, "depth").astype(int), atol=8
    )
    with pytest.raises(WeightsError, match="no weights at"):
        ClipFinisher.load(tmp_path / "elsewhere")
