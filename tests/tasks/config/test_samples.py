"""Shares of held-out trajectories."""

import pytest

from tasks.config import load_config
from tasks.errors import ConfigError


def test_shares_are_settings() -> None:
    """Catches a split that cannot be configured."""
    samples = load_config(assignments=["samples.split.test=0.25", "samples.vertices=false"]).samples
    assert (samples.split.test, samples.split.val, samples.vertices) == (0.25, 0.1, False)


def test_more_than_everything_is_refused() -> None:
    """Catches shares that leave nothing to train on by mistake."""
    with pytest.raises(ConfigError, match="at most 1 together"):
        load_config(assignments=["samples.split.test=0.6", "samples.split.val=0.5"])
