"""First frames that nobody paints: each trajectory's own clip gives its first frame.

The paper measures its video models from true first frames (FVD, PSNR and MPJPE of Tables 2, 5 and 6): what is measured
is then the video model alone.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from tasks.config import GenerateConfig
from tasks.config.generators import GivenAppearance
from tasks.errors import PamError
from tasks.media import encode_png, iterate_frames
from tasks.prompts import prompter
from tasks.stage import Item, Row
from tasks.store import Store

MODEL_ID = "first-frame-of-the-renderer"
MODEL_ID_OF_A_FOLDER = "first-frame-of-a-clip"


class NoClipError(PamError):
    """A trajectory without a clip to take the first frame of."""


class GivenFrameStage:
    """Takes first frames from the renderer's clips, or from a folder of clips named by trajectory."""

    name = "appearance"

    def __init__(self, config: GenerateConfig, store: Store) -> None:
        self._config = config
        self._store = store

    def setup(self) -> None:
        """Nothing is loaded but the prompt set."""
        self._prompt = prompter(self._config)

    def infer(self, items: list[Item]) -> list[Row]:
        """One row per candidate. Raises NoClipError where a trajectory has no clip of its size."""
        return [self._row(item) for item in items]

    def close(self) -> None:
        """Nothing to give back."""

    def _row(self, item: Item) -> Row:
        trajectory = item.inputs["pose"]
        picture = self._first_frame(trajectory)
        return {
            "trajectory_id": item.parent_id,
            "index": item.fields["index"],
            # The words of the look that the renderer's clip was shown in: its seed is the trajectory's.
            "prompt": self._prompt(trajectory["seed"], trajectory["object_word"]),
            **self._store.put_media(encode_png(picture), "png").columns("image"),
            "width": picture.shape[1],
            "height": picture.shape[0],
            "model_id": MODEL_ID if self._folder is None else MODEL_ID_OF_A_FOLDER,
            "license_tags": sorted(trajectory["license_tags"]),
        }

    def _first_frame(self, trajectory: Row) -> UInt8[np.ndarray, "H W 3"]:
        picture: UInt8[np.ndarray, "H W 3"] = next(iter(iterate_frames(self._clip(trajectory))))
        wanted = (self._config.image.height, self._config.image.width)
        if picture.shape[:2] != wanted:
            found = f"{picture.shape[1]} x {picture.shape[0]}"
            raise NoClipError(
                f"{trajectory['item_id']}.mp4 is {found}; the build's pictures are {wanted[1]} x {wanted[0]}"
            )
        return picture

    def _clip(self, trajectory: Row) -> bytes:
        if self._folder is None:
            return self._store.read_media(trajectory["preview_uri"], trajectory["preview_sha256"])
        path = self._folder / f"{trajectory['item_id']}.mp4"
        if not path.is_file():
            raise NoClipError(f"appearance.clips holds no {path.name}")
        return path.read_bytes()

    @property
    def _folder(self) -> Path | None:
        settings = self._config.appearance
        assert isinstance(settings, GivenAppearance)
        return settings.clips
