"""The two generators that a configuration names, loaded once per worker, with what the tables say of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from pam_models.appearance import AppearancePipeline
from pam_models.appearance.paper import load_paper_pipeline as load_flux
from pam_models.autoencoder import VideoAutoencoder
from pam_models.finishing import ClipFinisher
from pam_models.finishing.modeling import DEMO_ID as FINISHER_ID
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
    autoencoder = VideoAutoencoder.load(settings.autoencoder or "demo")
    finisher = ClipFinisher.load(settings.finisher or "demo") if settings.finishes else None
    pipeline = MotionPipeline(model, autoencoder, speed=settings.speed, finisher=finisher)
    parts = [_named(MOTION_ID, settings.weights)]
    if settings.finishes:
        parts.append(_named(FINISHER_ID, settings.finisher))
    return Loaded(pipeline, "+".join(name for name, _ in parts), tuple(licence for _, licence in parts))


def _named(model_id: str, own: Path | None) -> tuple[str, str]:
    """The revision and licence tag of shipped weights, or those of the user's in their place."""
    if own is None:
        return revision_of(model_id), licenses_of(model_id)[0]
    name = f"{model_id}@own-{content_fingerprint(own)[:12]}"
    return name, f"{name}:your own"


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
