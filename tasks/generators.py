"""The two generators that a configuration names, loaded once per worker, with what the tables say of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pam_models.appearance import AppearancePipeline
from pam_models.motion import MotionPipeline
from pam_models.zoo import spec
from tasks.config import GenerateConfig
from tasks.config.stages import DemoAppearance, DemoVideo
from tasks.errors import ConfigError

APPEARANCE_ID = "demo-appearance"
MOTION_ID = "demo-motion"
AUTOENCODER_ID = "demo-autoencoder"
USER_WEIGHTS_LICENSE = "weights:user-supplied"

Pipeline = TypeVar("Pipeline")


@dataclass(frozen=True)
class Loaded(Generic[Pipeline]):
    """A pipeline, the id and revision of its weights, and the licences that bind what it makes."""

    pipeline: Pipeline
    model_id: str
    license_tags: tuple[str, ...]


def load_appearance(config: GenerateConfig) -> Loaded[AppearancePipeline]:
    """The picture model. Raises WeightsError when its weights are absent or altered."""
    if isinstance(config.appearance, DemoAppearance):
        return Loaded(AppearancePipeline.load("demo"), revision_of(APPEARANCE_ID), licenses_of(APPEARANCE_ID))
    folder = _folder("appearance", config.appearance.weights)
    return Loaded(AppearancePipeline.load(folder), folder.name, (USER_WEIGHTS_LICENSE,))


def load_motion(config: GenerateConfig) -> Loaded[MotionPipeline]:
    """The video model. Raises WeightsError when its weights are absent or altered."""
    if isinstance(config.video, DemoVideo):
        return Loaded(MotionPipeline.load("demo"), revision_of(MOTION_ID), licenses_of(MOTION_ID))
    folder = _folder("video", config.video.weights)
    return Loaded(MotionPipeline.load(folder), folder.name, (USER_WEIGHTS_LICENSE,))


def demo_models(*model_ids: str) -> dict[str, str]:
    """Id and hash of shipped weights, for a part's lineage."""
    return {model_id: spec(model_id).sha256 or "unknown" for model_id in model_ids}


def revision_of(model_id: str) -> str:
    """`id@revision` of shipped weights."""
    return f"{model_id}@{spec(model_id).revision}"


def licenses_of(model_id: str) -> tuple[str, ...]:
    """The licence tag of shipped weights."""
    return (f"{model_id}:{spec(model_id).licence}",)


def _folder(section: str, weights: Path | None) -> Path:
    if weights is None:
        raise ConfigError(f"{section}.weights: names no folder; give the folder with the model's weights")
    return weights
