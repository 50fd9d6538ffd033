"""Spoiling crops."""

import numpy as np

from pam_models.training.augmentation import spoiled


def test_it_follows_from_the_generator_alone_and_leaves_the_crop() -> None:
    """Catches OpenCV's own randomness, and a crop that is changed in place."""
    crop = np.random.default_rng(0).integers(0, 255, (48, 48, 3), dtype=np.uint8)
    kept = crop.copy()
    for seed in range(40):
        first, second = (spoiled(crop, np.random.default_rng(seed)) for _ in range(2))
        assert np.array_equal(first, second)
        assert first.shape == crop.shape and first.dtype == np.uint8
    assert np.array_equal(crop, kept)


def test_most_of_the_picture_survives() -> None:
    """Catches an augmentation so strong that nothing can be learnt: the coarse picture must stay recognisable."""
    ramp = np.linspace(0, 255, 48).astype(np.uint8)
    crop = np.broadcast_to(ramp[None, :, None], (48, 48, 3)).copy()
    kept = [np.corrcoef(ramp, spoiled(crop, np.random.default_rng(seed)).mean(axis=(0, 2)))[0, 1] for seed in range(60)]
    assert np.median(kept) > 0.95
