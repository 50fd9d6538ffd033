"""The hand estimator that a configuration names, loaded once per worker."""

from pam_models.estimators.base import HandEstimator
from pam_models.estimators.compact.pipeline import DEMO_ID, CompactEstimator
from pam_models.estimators.mano_regressor.loading import HAMER, WILOR, RegressorFiles, check_files, open_network
from pam_models.estimators.mano_regressor.pipeline import ManoRegressor
from pam_models.zoo.registry import WeightsError
from tasks.config import GenerateConfig
from tasks.config.stages import CompactEstimatorConfig, HamerEstimatorConfig
from tasks.errors import ConfigError
from tasks.generators import demo_models
from tasks.hands import resolve_hand


def load_estimator(config: GenerateConfig) -> HandEstimator:
    """The estimator that looks at the pixels. Raises ConfigError in one line where its files are missing or misfit.

    HaMeR and WiLoR answer for any box; whether there is a hand at all is the compact estimator's word.
    """
    chosen = config.estimator
    if isinstance(chosen, CompactEstimatorConfig):
        return CompactEstimator.load("demo")
    check_estimator(config)
    assert chosen.path is not None and config.hand.mano_dir is not None
    files = _files(config)
    try:
        network = open_network(files, chosen.path, config.hand.mano_dir)
    except WeightsError as error:
        raise ConfigError(f"estimator: {error}") from error
    return ManoRegressor(
        files.name,
        network,
        CompactEstimator.load("demo"),
        tip_vertices=resolve_hand(config, "right").tip_vertices,
        batch_size=chosen.batch_size,
    )


def check_estimator(config: GenerateConfig) -> None:
    """Raise ConfigError in one line where the estimator's package or files are missing."""
    chosen = config.estimator
    if isinstance(chosen, CompactEstimatorConfig):
        return
    if chosen.path is None or config.hand.mano_dir is None:
        raise ConfigError(f"estimator.name={chosen.name} needs estimator.path and hand.mano_dir, your own files")
    try:
        check_files(_files(config), chosen.path)
    except WeightsError as error:
        raise ConfigError(f"estimator.path: {error}") from error


def estimator_models(config: GenerateConfig) -> dict[str, str]:
    """Id and hash of the weights that ship, for a part's lineage; a user's folder counts in the ids."""
    del config
    return demo_models(DEMO_ID)


def _files(config: GenerateConfig) -> RegressorFiles:
    return HAMER if isinstance(config.estimator, HamerEstimatorConfig) else WILOR
