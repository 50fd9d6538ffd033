"""Temporal flicker. Each test says which defect it would catch."""

import numpy as np
import pytest

from pam_models.metrics.flicker import flicker_levels


def test_worked_by_hand() -> None:
    """Catches unsigned differences that wrap: one channel goes down by 10, one up by 4, one stays, over two steps."""
    frames = np.full((3, 2, 2, 3), 100, np.uint8)
    frames[1] = [90, 104, 100]
    frames[2] = [90, 104, 100]
    assert flicker_levels(frames) == pytest.approx((10 + 4 + 0) / 3 / 2)


def test_identity_shift_and_permutation() -> None:
    """Catches a brightness that counts, and pixels whose place counts."""
    rng = np.random.default_rng(0)
    still = np.repeat(rng.integers(0, 200, (1, 6, 8, 3)), 5, axis=0).astype(np.uint8)
    assert flicker_levels(still) == 0
    frames = rng.integers(0, 200, (5, 6, 8, 3)).astype(np.uint8)
    assert flicker_levels(frames + 40) == pytest.approx(flicker_levels(frames))
    order = rng.permutation(48)
    shuffled = frames.reshape(5, 48, 3)[:, order].reshape(5, 6, 8, 3)
    assert flicker_levels(shuffled) == pytest.approx(flicker_levels(frames))
    expected = np.abs(np.diff(frames.astype(float), axis=0)).mean()
    assert flicker_levels(frames) == pytest.approx(expected, abs=1e-12)


def test_what_moves_is_left_out() -> None:
    """Catches a hand's own motion that counts as flicker: only the left half stands still in both frames."""
    frames = np.zeros((2, 2, 4, 3), np.uint8)
    frames[1, :, 2:] = 200
    frames[1, :, :2] = 3
    still = np.ones((2, 2, 4), bool)
    still[1, :, 2:] = False
    assert flicker_levels(frames, still) == 3.0
    with pytest.raises(ValueError, match="no pixel stands still"):
        flicker_levels(frames, np.zeros((2, 2, 4), bool))
    with pytest.raises(ValueError, match="at least two frames"):
        flicker_levels(frames[:1])
    with pytest.raises(ValueError, match="must have shape"):
        flicker_levels(frames, still[:, :1])
