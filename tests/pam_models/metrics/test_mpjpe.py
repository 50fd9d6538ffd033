"""Joint errors against cases worked out by hand."""

import numpy as np
import pytest

from pam_models.metrics.mpjpe import error_2d_px, mpjpe_mm, pa_mpjpe_mm, similarity_aligned


def _hands(seed: int, count: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.0, 0.05, (count, 21, 3))


def _rotation(seed: int) -> np.ndarray:
    q, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return q if np.linalg.det(q) > 0 else -q


def test_mpjpe_counts_every_joint_and_the_wrist_as_zero() -> None:
    """Catches metres for millimetres, a sum for a mean, and a mean over 20 joints."""
    true = np.zeros((1, 21, 3))
    pred = true.copy()
    pred[0, 4] = [0.003, 0.004, 0.0]
    assert mpjpe_mm(pred, true) == pytest.approx([5.0 / 21])


def test_mpjpe_ignores_where_the_wrist_is_but_not_how_the_hand_is_turned() -> None:
    """Catches alignment by the mean joint, and alignment that removes rotation too."""
    true = _hands(0)
    assert mpjpe_mm(true + np.array([0.3, -0.2, 1.0]), true) == pytest.approx(0.0, abs=1e-9)
    assert (mpjpe_mm(true @ _rotation(1), true) > 10.0).all()


def test_mpjpe_aligns_wrists_not_centroids() -> None:
    """A displaced wrist alone costs every other joint its displacement."""
    true = np.zeros((1, 21, 3))
    pred = true.copy()
    pred[0, 0] = [0.01, 0.0, 0.0]
    assert mpjpe_mm(pred, true) == pytest.approx([10.0 * 20 / 21])


def test_procrustes_removes_rotation_scale_and_shift() -> None:
    """Catches a transposed rotation and a missing scale."""
    true = _hands(2)
    pred = 1.7 * (true @ _rotation(3)) + [0.1, 0.2, 0.3]
    assert pa_mpjpe_mm(pred, true) == pytest.approx(0.0, abs=1e-6)


def test_procrustes_never_mirrors() -> None:
    """Catches the reflection that an unguarded SVD allows: a left hand is no right hand."""
    true = _hands(4)
    assert (pa_mpjpe_mm(true * [-1.0, 1.0, 1.0], true) > 5.0).all()


def test_procrustes_is_the_least_squares_optimum() -> None:
    """Catches a scale from the wrong side: no nearby scale may fit better."""
    true, noise = _hands(5), _hands(6)
    aligned = similarity_aligned(true + 0.2 * noise, true)
    centre = aligned.mean(axis=1, keepdims=True)
    best = ((aligned - true) ** 2).sum(axis=(1, 2))
    for factor in (0.98, 1.02):
        rescaled = (aligned - centre) * factor + centre
        assert (((rescaled - true) ** 2).sum(axis=(1, 2)) > best).all()


def test_a_single_point_does_not_divide_by_zero() -> None:
    """Catches nan for an estimate that put all joints in one place."""
    assert np.isfinite(pa_mpjpe_mm(np.zeros((1, 21, 3)), _hands(7, 1))).all()


def test_error_2d_is_a_mean_of_distances() -> None:
    """Catches squared or per-axis errors."""
    true = np.zeros((2, 21, 2))
    pred = true + np.array([3.0, 4.0])
    assert error_2d_px(pred, true) == pytest.approx([5.0, 5.0])


@pytest.mark.parametrize("function", [mpjpe_mm, pa_mpjpe_mm, error_2d_px])
def test_shapes_that_do_not_fit_are_refused(function: object) -> None:
    """Catches silent broadcasting of one truth over many estimates."""
    assert callable(function)
    with pytest.raises(ValueError, match="two equal shapes"):
        function(np.zeros((2, 21, 3)), np.zeros((1, 21, 3)))
