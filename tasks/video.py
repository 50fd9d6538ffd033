"""Stage III: one clip for each kept candidate, driven by the trajectory's condition videos."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import UInt8

from pam_models.finishing.modeling import DEMO_ID as FINISHER_ID
from tasks.build import Build
from tasks.config import GenerateConfig
from tasks.config.generators import DemoVideo
from tasks.driving import driving_joints, driving_pictures
from tasks.generators import AUTOENCODER_ID, MOTION_ID, demo_models, load_motion
from tasks.media import encode_video, read_image
from tasks.scene import unpack_maps
from tasks.stage import Item, PhasedStage, Row, StageFactory
from tasks.steps import Step
from tasks.store import Store


@dataclass(frozen=True)
class Asked:
    """What a batch asks of the model: the first frame and the conditions of each clip."""

    first_frames: UInt8[np.ndarray, "B H W 3"]
    conditions: dict[str, np.ndarray]


class VideoStage(PhasedStage):
    """Renders clips; one worker holds one warm model."""

    name = "video"

    def __init__(self, config: GenerateConfig, store: Store) -> None:
        self._config = config
        self._store = store

    def setup(self) -> None:
        """Load the model once per worker."""
        self._model = load_motion(self._config)

    def prepare(self, items: list[Item]) -> Asked:
        """Read first frames and maps, and draw the condition clips."""
        names = [name for name, strength in self._config.video.strengths.model_dump().items() if strength > 0]
        conditions = [self._conditions(item.inputs["pose"], names) for item in items]
        first_frames = np.stack([self._first_frame(item.inputs["appearance"]) for item in items])
        return Asked(first_frames, {name: np.stack([clip[name] for clip in conditions]) for name in names})

    def compute(self, items: list[Item], prepared: Asked) -> UInt8[np.ndarray, "B T H W 3"]:
        """Sample one clip per candidate."""
        settings = self._config.video
        strengths = settings.strengths.model_dump()
        return self._model.pipeline.sample(
            prepared.first_frames,
            prepared.conditions,
            [self._prompt(item) for item in items],
            [item.seed for item in items],
            settings.steps,
            settings.guidance,
            schedule=settings.schedule,
            strengths={name: strengths[name] for name in prepared.conditions},
            absent=settings.absent,
        )

    def finish(self, items: list[Item], computed: UInt8[np.ndarray, "B T H W 3"]) -> list[Row]:
        """Encode the clips and put them into the store: one row per clip."""
        return [self._row(item, clip) for item, clip in zip(items, computed, strict=True)]

    def close(self) -> None:
        """Give the model's memory back."""
        del self._model

    def _row(self, item: Item, clip: UInt8[np.ndarray, "T H W 3"]) -> Row:
        trajectory, candidate = item.inputs["pose"], item.inputs["appearance"]
        frames, height, width = clip.shape[:3]
        return {
            "candidate_id": candidate["item_id"],
            "trajectory_id": trajectory["item_id"],
            "num_frames": frames,
            "fps": trajectory["fps"],
            "width": width,
            "height": height,
            **self._store.put_media(encode_video(clip, trajectory["fps"]), "mp4").columns("video"),
            "prompt": self._prompt(item),
            "model_id": self._model.model_id,
            "license_tags": sorted({*candidate["license_tags"], *self._model.license_tags}),
        }

    def _prompt(self, item: Item) -> str:
        own: str = item.inputs["appearance"]["prompt"]
        return self._config.video.prompt or own

    def _first_frame(self, candidate: Row) -> UInt8[np.ndarray, "H W 3"]:
        return read_image(self._store.read_media(candidate["image_uri"], candidate["image_sha256"]))

    def _conditions(self, trajectory: Row, names: list[str]) -> dict[str, np.ndarray]:
        """Pictures of each condition, or the joints themselves where the model reads coordinates."""
        maps = unpack_maps(self._store.read_media(trajectory["maps_uri"], trajectory["maps_sha256"]))
        as_joints = [name for name in names if name in self._model.pipeline.model.coordinate_conditions]
        pictures = driving_pictures(self._config, trajectory, maps, [name for name in names if name not in as_joints])
        return {**pictures, **dict.fromkeys(as_joints, driving_joints(self._config, trajectory, maps))}


def stage(build: Build, step: Step) -> StageFactory:
    """How a worker makes this step's stage."""
    return partial(VideoStage, build.config, build.store)


def models(build: Build, step: Step) -> dict[str, str]:
    """The weights that this step's clips come from."""
    video = build.config.video
    if not isinstance(video, DemoVideo) or video.weights is not None:
        return {}
    finished = video.finishes and video.finisher is None
    return demo_models(MOTION_ID, AUTOENCODER_ID, *((FINISHER_ID,) if finished else ()))
