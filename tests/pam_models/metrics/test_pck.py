"""PCK and AUC. Each test says which defect it would catch."""

import numpy as np
import pytest

from pam_models.metrics.pck import auc, pck


def test_worked_by_hand() -> None:
    """Catches an exclusive threshold: errors of 5, 10, 20, 60 mm at 10 mm find two of four."""
    errors = np.array([5.0, 10.0, 20.0, 60.0])
    assert pck(errors, np.array([0.0, 4.9, 5.0, 10.0, 60.0])).tolist() == [0.0, 0.0, 0.25, 0.5, 1.0]


def test_auc_is_the_freihand_loop() -> None:
    """Catches another rule of integration: a plain loop over thresholds with trapezoids, to 1e-12."""
    errors = np.random.default_rng(0).gamma(3.0, 8.0, (40, 21))
    thresholds = np.linspace(0, 50, 100)
    shares = [(errors <= threshold).mean() for threshold in thresholds]
    area = sum((shares[i] + shares[i + 1]) / 2 * (thresholds[i + 1] - thresholds[i]) for i in range(99)) / 50
    assert auc(errors) == pytest.approx(area, abs=1e-12)


def test_identity_shift_and_permutation() -> None:
    """Catches a curve that does not reach 1, or depends on order. An error of e is worth 1 - e/50, to one step."""
    assert auc(np.zeros((3, 21))) == pytest.approx(1.0)
    assert auc(np.full(9, 25.0)) == pytest.approx(0.5, abs=0.5 / 99)
    assert auc(np.full(9, 51.0)) == 0.0
    errors = np.random.default_rng(1).gamma(3.0, 8.0, 50)
    assert auc(errors[::-1].copy()) == auc(errors)


def test_no_errors_are_no_score() -> None:
    """Catches a perfect score out of nothing."""
    with pytest.raises(ValueError, match="at least one"):
        auc(np.zeros(0))
