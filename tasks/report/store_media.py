"""The page's pictures out of a store: read by their key, checked by their hash."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import UInt8

from pam_models.conditions.encodings import encode
from tasks.errors import PamError
from tasks.media import read_frames, read_image
from tasks.report.data import Trajectory
from tasks.scene import unpack_maps
from tasks.store import Store


class StoreMedia:
    """Media of one store. Whatever is wrong with a medium is a ValueError or OSError in one line.

    `conditions` names the condition videos that the build's video model was given.
    """

    def __init__(self, store: Store, conditions: Sequence[str]) -> None:
        self._store = store
        self._conditions = tuple(conditions)

    def image(self, uri: str) -> UInt8[np.ndarray, "H W 3"]:
        """A picture as RGB."""
        return read_image(self._read(uri))

    def video(self, uri: str) -> UInt8[np.ndarray, "T H W 3"]:
        """A clip as RGB."""
        return read_frames(self._read(uri))

    def conditions(self, trajectory: Trajectory) -> Mapping[str, UInt8[np.ndarray, "T H W 3"]]:
        """The condition videos as the video model saw them, encoded anew from the trajectory's maps."""
        try:
            maps = unpack_maps(self._read(trajectory.maps_uri))
        except (zipfile.BadZipFile, EOFError, KeyError) as error:
            raise OSError(f"{trajectory.maps_uri} holds no condition maps ({error})") from error
        return encode(maps, self._conditions, side=trajectory.quality.side)

    def _read(self, uri: str) -> bytes:
        digest = uri.rsplit("/", 1)[-1].partition(".")[0]
        try:
            return self._store.read_media(uri, digest)
        except PamError as error:
            raise OSError(str(error)) from error
