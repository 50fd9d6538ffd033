"""The two generators that a configuration names, loaded once per worker, with what the tables say of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pam_models.appearance import AppearancePipeline
from pam_models.appearance.paper import load_paper_pipeline as load_flux
from pam_models.autoencoder import VideoAutoencoder
from pam_models.motion import MotionModel, MotionPipeline
from pam_models.motion.paper import load_paper_pipeline as load_cogvideox
from pam_models.motion.svd.pipeline import load_pipeline as load_svd
from pam_models.zoo import spec
from tasks.config import GenerateConfig
from tasks.config.generators import DemoAppearance, DemoVideo, GivenAppearance, SvdVideo
from tasks.config.output import content_fingerprint
from tasks.errors import ConfigError

APPEARANCE_ID = "demo-appearance"
MOTION_ID = "demo-motion"
AUTOENCODER_ID = "demo-autoencoder"

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
    if isinstance(config.appearance, GivenAppearance):
        raise ConfigError("appearance.model: 'given' paints nothing and has no weights")
    base = _folder("appearance.base", config.appearance.base)
    weights = _folder("appearance.weights", config.appearance.weights) / "controlnet.bin"
    model_id = f"flux-1-dev+{weights.parent.name}"
    licenses = (*licenses_of("flux-1-dev"), *licenses_of("pam-appearance"))
    return Loaded(load_flux(base, weights, options=config.appearance.speed), model_id, licenses)


def load_motion(config: GenerateConfig) -> Loaded[MotionPipeline]:
    """The video model. Raises WeightsError when its weights are absent or altered."""
    if isinstance(config.video, DemoVideo):
        return _load_demo(config.video)
    if isinstance(config.video, SvdVideo):
        return _load_svd(config.video)
    base = _folder("video.base", config.video.base)
    weights = _folder("video.weights", config.video.weights)
    model_id = f"cogvideox-5b-i2v+{weights.name}"
    licenses = (*licenses_of("cogvideox-5b-i2v"), *licenses_of("pam-motion-dexycb"))
    return Loaded(load_cogvideox(base, weights, speed=config.video.speed), model_id, licenses)


def _load_demo(settings: DemoVideo) -> Loaded[MotionPipeline]:
    model = MotionModel.load(settings.weights or "demo")
    pipeline = MotionPipeline(model, VideoAutoencoder.load(settings.autoencoder or "demo"), speed=settings.speed)
    if settings.weights is None:
        return Loaded(pipeline, revision_of(MOTION_ID), licenses_of(MOTION_ID))
    own = f"demo+{content_fingerprint(settings.weights)[:12]}"
    return Loaded(pipeline, own, (f"{own}:your own",))


def _load_svd(settings: SvdVideo) -> Loaded[MotionPipeline]:
    weights = _folder("video.weights", settings.weights)
    return Loaded(load_svd(weights, settings.autoencoder), f"svd+{weights.stem}", (f"svd+{weights.stem}:your own",))


def demo_models(*model_ids: str) -> dict[str, str]:
    """Id and hash of shipped weights, for a part's lineage."""
    return {model_id: spec(model_id).sha256 or "unknown" for model_id in model_ids}


def revision_of(model_id: str) -> str:
    """`id@revision` of shipped weights."""
    return f"{model_id}@{spec(model_id).revision}"


def licenses_of(model_id: str) -> tuple[str, ...]:
    """The licence tag of shipped weights."""
    return (f"{model_id}:{spec(model_id).licence}",)


def _folder(key: str, folder: Path | None) -> Path:
    if folder is None:
        raise ConfigError(f"{key}: names no folder; give the folder with the model's files")
    return folder
