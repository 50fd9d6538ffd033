"""The hand estimator that a configuration names, loaded once per worker."""

from pam_models.estimators.base import HandEstimator
from pam_models.estimators.compact.pipeline import DEMO_ID, CompactEstimator
from tasks.config import GenerateConfig
from tasks.config.stages import CompactEstimatorConfig
from tasks.errors import ConfigError
from tasks.generators import demo_models


def load_estimator(config: GenerateConfig) -> HandEstimator:
    """The estimator that looks at the pixels. Raises ConfigError for one that this version cannot run."""
    if isinstance(config.estimator, CompactEstimatorConfig):
        return CompactEstimator.load("demo")
    raise ConfigError(f"estimator.name: {config.estimator.name!r} is not available in this version; use 'compact'")


def estimator_models(config: GenerateConfig) -> dict[str, str]:
    """Id and hash of the estimator's weights, for a part's lineage."""
    return demo_models(DEMO_ID) if isinstance(config.estimator, CompactEstimatorConfig) else {}
