"""The estimators' protocol."""

import inspect

from pam_models.estimators.base import HandEstimator
from pam_models.estimators.compact.pipeline import CompactEstimator


def test_the_compact_estimator_keeps_the_protocol() -> None:
    """Catches a parameter that is renamed in one place: callers pass them by name."""
    wanted = list(inspect.signature(HandEstimator.predict).parameters)
    assert list(inspect.signature(CompactEstimator.predict).parameters) == wanted
    for name in ("estimator_id", "detection_threshold"):
        assert isinstance(getattr(CompactEstimator, name), property)
