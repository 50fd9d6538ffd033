"""The learning rate by step."""

import pytest

from pam_models.training.schedule import learning_rate_at


def _rate(step: int) -> float:
    return learning_rate_at(step, peak=1.0, steps=100, warmup_steps=10, final_fraction=0.1)


def test_it_rises_peaks_and_falls_to_the_floor() -> None:
    """Catches a first step of rate zero, a missed peak, and a cosine that ends elsewhere."""
    assert _rate(0) == pytest.approx(0.1)
    assert _rate(10) == pytest.approx(1.0)
    assert _rate(55) == pytest.approx(0.55)
    assert _rate(100) == pytest.approx(0.1)
    assert _rate(500) == pytest.approx(0.1)


def test_no_warm_up_starts_at_the_peak() -> None:
    """Catches a division by zero."""
    assert learning_rate_at(0, peak=2.0, steps=10, warmup_steps=0, final_fraction=0.0) == pytest.approx(2.0)
