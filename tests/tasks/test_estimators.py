"""The estimator that a configuration names."""

import pytest

from tasks.config.stages import HamerEstimatorConfig
from tasks.errors import ConfigError
from tasks.estimators import estimator_models, load_estimator
from tests.tasks.stage_inputs import small_config


def test_the_compact_estimator_names_its_revision() -> None:
    """Catches scores that cannot be traced to the estimator that gave them."""
    estimator = load_estimator(small_config())
    (digest,) = estimator_models(small_config()).values()
    assert estimator.estimator_id == f"compact@{digest[:12]}"


def test_an_estimator_without_its_files_is_refused() -> None:
    """Catches a silent fall back to another estimator."""
    config = small_config().model_copy(update={"estimator": HamerEstimatorConfig()})
    with pytest.raises(ConfigError, match=r"estimator\.name=hamer needs estimator\.path and hand\.mano_dir"):
        load_estimator(config)
