"""The base of every configuration model."""

import pytest
from pydantic import ValidationError

from tasks.config.base import ConfigModel


class Example(ConfigModel):
    """A configuration with one number."""

    size: float = 1.0


def test_frozen_strict_and_finite() -> None:
    """Catches configuration that changes after its hash was taken, swallows a typing error, or holds NaN."""
    with pytest.raises(ValidationError, match="frozen"):
        Example().size = 2.0
    with pytest.raises(ValidationError, match="Extra inputs"):
        Example.model_validate({"sise": 1})
    with pytest.raises(ValidationError, match="finite"):
        Example(size=float("nan"))
