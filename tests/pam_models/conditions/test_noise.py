"""Noise on condition pictures."""

import numpy as np
import pytest

from pam_models.conditions.noise import noisy, with_noise


def _grey(frames: int = 3) -> np.ndarray:
    return np.full((frames, 40, 50, 3), 128, np.uint8)


def test_the_noise_has_the_stated_sigma_and_no_pattern() -> None:
    """Catches sigma taken for bytes, noise that is one value per pixel or per frame, and a shifted mean."""
    error = noisy(_grey(), 0.1, 7).astype(float) - 128
    assert error.std() == pytest.approx(25.5, rel=0.03)
    assert abs(error.mean()) < 1.0
    pairs = (
        (error[0], error[1]),
        (error[:, 0], error[:, 1]),
        (error[:, :, 0], error[:, :, 1]),
        (error[..., 0], error[..., 1]),
    )
    for one, other in pairs:
        assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.2
    assert noisy(np.full((1, 9, 9, 3), 250, np.uint8), 1.0, 1).max() == 255


def test_noise_follows_from_seed_and_frame() -> None:
    """Catches a clip whose first frame is disturbed differently for the picture model and for the video model."""
    clip = noisy(_grey(4), 0.2, 11)
    np.testing.assert_array_equal(clip[2], noisy(_grey(1), 0.2, 11, first_frame=2)[0])
    np.testing.assert_array_equal(clip, noisy(_grey(4), 0.2, 11))
    assert (noisy(_grey(4), 0.2, 12) != clip).any()


def test_only_named_conditions_are_disturbed() -> None:
    """Catches noise on a condition that nobody asked for, and pictures changed in place."""
    pictures = {"depth": _grey(), "segmentation": _grey()}
    disturbed = with_noise(pictures, {"depth": 0.3}, {"depth": 1, "segmentation": 2})
    assert (disturbed["depth"] != 128).any()
    assert (disturbed["segmentation"] == 128).all() and (pictures["depth"] == 128).all()
    with pytest.raises(ValueError, match="at least 0, got -1"):
        noisy(_grey(), -1, 0)
