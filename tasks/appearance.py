"""Stage II: candidate first frames for each trajectory, painted over its rendered conditions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import UInt8

from pam_models.appearance.stretching import stretched
from tasks.build import Build
from tasks.config import GenerateConfig
from tasks.config.generators import DemoAppearance, FluxAppearance, GivenAppearance
from tasks.driving import driving_pictures
from tasks.first_frames import GivenFrameStage
from tasks.generators import APPEARANCE_ID, AUTOENCODER_ID, demo_models, load_appearance
from tasks.media import encode_png
from tasks.prompts import prompter
from tasks.scene import unpack_maps
from tasks.stage import Item, PhasedStage, Row, StageFactory
from tasks.steps import Step
from tasks.store import Store

CONDITIONS = ("depth", "normal", "keypoints", "segmentation")
CATEGORICAL = ("keypoints", "segmentation")
FIRST_FRAME = slice(0, 1)


@dataclass(frozen=True)
class Asked:
    """What a batch asks of the model: a prompt and the hints of each picture."""

    prompts: list[str]
    hints: dict[str, UInt8[np.ndarray, "B H W 3"]]


class AppearanceStage(PhasedStage):
    """Paints candidates; a batch may hold candidates of several trajectories."""

    name = "appearance"

    def __init__(self, config: GenerateConfig, store: Store) -> None:
        self._config = config
        self._store = store

    def setup(self) -> None:
        """Load the model once per worker."""
        self._model = load_appearance(self._config)
        self._prompt = prompter(self._config)
        self._hints: dict[str, dict[str, UInt8[np.ndarray, "H W 3"]]] = {}

    def prepare(self, items: list[Item]) -> Asked:
        """Read the trajectories' maps and draw the hints."""
        hints = [self._hints_of(item.inputs["pose"]) for item in items]
        prompts = [self._prompt(item.seed, item.inputs["pose"]["object_word"]) for item in items]
        return Asked(prompts, {name: np.stack([hint[name] for hint in hints]) for name in CONDITIONS})

    def compute(self, items: list[Item], prepared: Asked) -> list[tuple[str, UInt8[np.ndarray, "H W 3"]]]:
        """Paint one picture per candidate."""
        settings, seeds = self._config.appearance, [item.seed for item in items]
        pictures = self._model.pipeline.sample(
            prepared.hints, prepared.prompts, seeds, settings.steps, settings.guidance
        )
        return list(zip(prepared.prompts, pictures, strict=True))

    def finish(self, items: list[Item], computed: list[tuple[str, UInt8[np.ndarray, "H W 3"]]]) -> list[Row]:
        """Put the pictures into the store: one row per candidate."""
        size = self._config.image.width, self._config.image.height
        return [
            self._row(item, prompt, stretched(picture, *size))
            for item, (prompt, picture) in zip(items, computed, strict=True)
        ]

    def close(self) -> None:
        """Give the model's memory back."""
        del self._model

    def _row(self, item: Item, prompt: str, picture: UInt8[np.ndarray, "H W 3"]) -> Row:
        return {
            "trajectory_id": item.parent_id,
            "index": item.fields["index"],
            "prompt": prompt,
            **self._store.put_media(encode_png(picture), "png").columns("image"),
            "width": picture.shape[1],
            "height": picture.shape[0],
            "model_id": self._model.model_id,
            "license_tags": sorted({*item.inputs["pose"]["license_tags"], *self._model.license_tags}),
        }

    def _hints_of(self, trajectory: Row) -> dict[str, UInt8[np.ndarray, "H W 3"]]:
        uri = trajectory["maps_uri"]
        if uri not in self._hints:
            maps = unpack_maps(self._store.read_media(uri, trajectory["maps_sha256"]))
            # The last trajectory's hints serve its thirty candidates; older ones are not needed again.
            clips = driving_pictures(self._config, trajectory, maps, CONDITIONS, FIRST_FRAME)
            self._hints = {uri: self._sized(_first(clips))}
        return self._hints[uri]

    def _sized(self, hints: dict[str, UInt8[np.ndarray, "H W 3"]]) -> dict[str, UInt8[np.ndarray, "H W 3"]]:
        settings = self._config.appearance
        width = settings.width if isinstance(settings, FluxAppearance) else None
        if width is None:
            return hints
        exact = {name: name in CATEGORICAL for name in hints}
        return {name: stretched(hint, width, hint.shape[0], exact[name]) for name, hint in hints.items()}


def _first(clips: dict[str, UInt8[np.ndarray, "T H W 3"]]) -> dict[str, UInt8[np.ndarray, "H W 3"]]:
    return {name: clip[0] for name, clip in clips.items()}


def stage(build: Build, step: Step) -> StageFactory:
    """How a worker makes this step's stage."""
    given = isinstance(build.config.appearance, GivenAppearance)
    return partial(GivenFrameStage if given else AppearanceStage, build.config, build.store)


def models(build: Build, step: Step) -> dict[str, str]:
    """The weights that this step's pictures come from."""
    return demo_models(APPEARANCE_ID, AUTOENCODER_ID) if isinstance(build.config.appearance, DemoAppearance) else {}
