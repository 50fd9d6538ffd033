"""Acceleration and jerk of estimated motion. Each test says which defect it would catch."""

import numpy as np
import pytest

from pam_models.metrics.plausibility import acceleration_error_m_s2, jerk_ratio

T, FPS = 12, 15.0


def motion() -> np.ndarray:
    time = np.arange(T)[:, None, None] / FPS
    speed = np.linspace(0.5, 2.0, 21)[None, :, None]
    return np.asarray(np.sin(3 * speed * time) * np.array([0.02, 0.05, 0.01]) * np.arange(21)[None, :, None] / 21)


def test_worked_by_hand() -> None:
    """Catches a wrong time step: 1/2 a t^2 with a = 4 m/s^2 against rest is an error of 4 for each joint but the
    wrist."""
    true = np.zeros((T, 21, 3))
    pred = true.copy()
    pred[:, 1:, 0] = 0.5 * 4.0 * ((np.arange(T) / FPS) ** 2)[:, None]
    assert acceleration_error_m_s2(pred, true, FPS) == pytest.approx(4.0 * 20 / 21)


def test_identity_shift_and_scale() -> None:
    """Catches a comparison that is not wrist-aligned, and a ratio upside down."""
    true = motion()
    carried = true + np.cumsum(np.random.default_rng(0).normal(size=(T, 1, 3)), axis=0)
    assert acceleration_error_m_s2(true, true, FPS) == 0 and jerk_ratio(true, true) == pytest.approx(1.0)
    assert acceleration_error_m_s2(carried, true, FPS) < 1e-9 and jerk_ratio(carried, true) == pytest.approx(1.0)
    assert jerk_ratio(3 * true, true) == pytest.approx(3.0)
    order = np.r_[0, 1 + np.random.default_rng(1).permutation(20)]
    assert jerk_ratio(3 * true[:, order], true[:, order]) == pytest.approx(3.0)


def test_a_shaky_estimate_is_less_plausible() -> None:
    """Catches a metric that noise does not raise."""
    true = motion()
    shaky = true + np.random.default_rng(0).normal(scale=0.004, size=true.shape)
    assert jerk_ratio(shaky, true) > 2 and acceleration_error_m_s2(shaky, true, FPS) > 1


def test_what_cannot_be_compared_is_said() -> None:
    """Catches a division by a motion that is none, and clips that are too short."""
    with pytest.raises(ValueError, match="do not accelerate"):
        jerk_ratio(motion(), np.zeros((T, 21, 3)))
    with pytest.raises(ValueError, match="at least 4 frames"):
        jerk_ratio(motion()[:3], motion()[:3])
    with pytest.raises(ValueError, match="two equal shapes"):
        acceleration_error_m_s2(motion()[:5], motion(), FPS)
