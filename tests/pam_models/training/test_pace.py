"""Progress lines."""

import logging

import pytest

from pam_models.training.pace import Pace


def test_a_line_is_due_after_its_time_alone(caplog: pytest.LogCaptureFixture) -> None:
    """Catches a line for every step."""
    with caplog.at_level(logging.INFO):
        assert not Pace("model", 0, 10, every_s=1000.0).report(1, 0.5)
        assert Pace("model", 0, 10, every_s=0.0).report(1, 0.5)
    assert len(caplog.records) == 1 and "model step 1/10 loss 0.5000" in caplog.text
