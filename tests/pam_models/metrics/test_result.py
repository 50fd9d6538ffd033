"""A number or a reason. Each test says which defect it would catch."""

import math

import pytest

from pam_models.metrics.result import MetricResult, MetricSpec, unavailable

SPEC = MetricSpec("psnr_db", "dB", "higher", "as defined")


def test_a_result_is_a_value_or_a_reason() -> None:
    """Catches a metric that says neither, or both."""
    assert MetricResult(SPEC, 3, 1.0).reason is None
    assert unavailable(SPEC, "no truth").value is None
    with pytest.raises(ValueError, match="one of the two"):
        MetricResult(SPEC, 3)
    with pytest.raises(ValueError, match="one of the two"):
        MetricResult(SPEC, 3, 1.0, reason="x")


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_no_number_that_is_none(value: float) -> None:
    """Catches NaN in a table of results."""
    with pytest.raises(ValueError, match="is no value"):
        MetricResult(SPEC, 3, value)
