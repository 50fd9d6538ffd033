"""The estimator's sizes."""

import pytest
from pydantic import ValidationError

from pam_models.estimators.compact.configuration import CompactConfig


def test_a_size_that_the_pyramid_cannot_halve_is_refused() -> None:
    """Catches a crop whose upsampled maps do not meet the lateral ones."""
    with pytest.raises(ValidationError, match="multiple of 16"):
        CompactConfig(input_size=90)


def test_it_survives_the_weights_file() -> None:
    """Catches a field that JSON changes (tuples come back as lists)."""
    config = CompactConfig(widths=(8, 8, 16, 16))
    assert CompactConfig.model_validate_json(config.model_dump_json()) == config
