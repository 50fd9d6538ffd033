"""The generators' weights before any work: absent, misfitting, pickled, or too large, each told in one line."""

from collections.abc import Collection
from pathlib import Path

from pam_models.acceleration.options import RunOptions
from pam_models.acceleration.running import check_options
from pam_models.appearance.paper import check_paper_files as check_flux
from pam_models.appearance.paper_text import MissingExtraError
from pam_models.motion.paper import check_paper_files as check_cogvideox
from pam_models.zoo.registry import WeightsError
from tasks.config import GenerateConfig
from tasks.config.generators import CogVideoXVideo, DemoVideo, FluxAppearance, SvdVideo
from tasks.errors import ConfigError
from tasks.executor.batches import one_line
from tasks.generators import load_motion


def check_models(config: GenerateConfig) -> None:
    """Look at the files by their headers, and at the options. Raises ConfigError: the key, and what was expected."""
    stages = config.execution.stages
    check_speed("appearance.speed", config.appearance.speed, stages.appearance.gpus > 0)
    check_speed("video.speed", config.video.speed, stages.video.gpus > 0)
    try:
        if isinstance(config.appearance, FluxAppearance):
            section = "appearance"
            check_flux(_given(config.appearance.base), _given(config.appearance.weights))
        section = "video"
        if isinstance(config.video, CogVideoXVideo):
            check_cogvideox(_given(config.video.base), _given(config.video.weights))
        if isinstance(config.video, DemoVideo | SvdVideo):
            check_conditions(config.video, load_motion(config).pipeline.conditions)
    except (WeightsError, MissingExtraError) as error:
        raise ConfigError(f"{section}: {one_line(error)}") from error


def check_conditions(video: DemoVideo | SvdVideo, known: Collection[str]) -> None:
    """Raises ConfigError for a condition with a strength that neither the model nor its finisher reads."""
    for name, strength in video.strengths.model_dump().items():
        if strength > 0 and name not in known:
            raise ConfigError(
                f"video.strengths.{name}: is {strength:g}, and this model reads {', '.join(known)} alone; set it to 0"
            )


def check_speed(key: str, options: RunOptions, has_gpu: bool) -> None:
    """Options that need a GPU are refused for workers without one. Raises ConfigError."""
    if has_gpu:
        return
    try:
        check_options(options, "cpu")
    except ValueError as error:
        raise ConfigError(f"{key}: {error}") from error


def _given(path: Path | None) -> Path:
    if path is None:
        raise WeightsError("base and weights must be given")
    return path
