"""The page's pictures out of a store: read by their key, checked by their hash."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping

import numpy as np
from jaxtyping import UInt8

from pam_models.conditions.encodings import CONDITIONS, encode
from pam_models.conditions.maps import ConditionMaps
from tasks.config import GenerateConfig
from tasks.driving import driving_pictures
from tasks.errors import PamError
from tasks.media import read_frames, read_image
from tasks.report.data import Trajectory
from tasks.scene import unpack_maps
from tasks.store import Store


class StoreMedia:
    """Media of one store, for a build of this configuration. Whatever is wrong with a medium is a ValueError or
    OSError in one line.
    """

    def __init__(self, store: Store, config: GenerateConfig) -> None:
        self._store = store
        self._config = config

    def image(self, uri: str) -> UInt8[np.ndarray, "H W 3"]:
        """A picture as RGB."""
        return read_image(self._read(uri))

    def video(self, uri: str) -> UInt8[np.ndarray, "T H W 3"]:
        """A clip as RGB."""
        return read_frames(self._read(uri))

    def conditions(self, trajectory: Trajectory) -> Mapping[str, UInt8[np.ndarray, "T H W 3"]]:
        """The condition videos as the video model saw them, encoded anew from the trajectory's maps."""
        strengths = self._config.video.strengths.model_dump()
        names = [name for name, strength in strengths.items() if strength > 0]
        row = {"item_id": trajectory.quality.trajectory_id, "side": trajectory.quality.side}
        return driving_pictures(self._config, row, self._maps(trajectory), names)

    def every_condition(self, trajectory: Trajectory) -> Mapping[str, UInt8[np.ndarray, "T H W 3"]]:
        """Every condition that can be drawn of the trajectory's maps, undisturbed."""
        encoding, side = self._config.conditions.encoding, trajectory.quality.side
        return encode(self._maps(trajectory), CONDITIONS, encoding, side)

    def _maps(self, trajectory: Trajectory) -> ConditionMaps:
        try:
            return unpack_maps(self._read(trajectory.maps_uri))
        except (zipfile.BadZipFile, EOFError, KeyError) as error:
            raise OSError(f"{trajectory.maps_uri} holds no condition maps ({error})") from error

    def _read(self, uri: str) -> bytes:
        digest = uri.rsplit("/", 1)[-1].partition(".")[0]
        try:
            return self._store.read_media(uri, digest)
        except PamError as error:
            raise OSError(str(error)) from error
