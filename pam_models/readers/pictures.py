"""The pixels of clips: from the store, the media cache or the cache of decoded planes; bytes checked by their hash."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import UInt8

from pam_models.media.colours import i420_to_rgb
from pam_models.media.decoding import Clip, MediaError
from pam_models.readers.cache import BoundedFolder, CacheConfig
from pam_models.readers.errors import ReadError
from pam_models.readers.index import ClipRef
from pam_models.readers.place import Place

OPEN_CLIPS = 8

Picture = UInt8[np.ndarray, "H W 3"]
Planes = UInt8[np.ndarray, "H+H//2 W"]


class ClipPictures:
    """Pictures of one store's clips as RGB. Each picture is an array of its own: keeping one keeps no clip."""

    def __init__(self, place: Place, cache: CacheConfig) -> None:
        self._place = place
        self._media = BoundedFolder(cache.folder / "media", cache.media_bytes if place.folder is None else 0)
        self._decoded = BoundedFolder(cache.folder / "decoded", cache.decoded_bytes)
        self._open: OrderedDict[str, Clip] = OrderedDict()
        self._pid = os.getpid()

    def __getstate__(self) -> dict[str, Any]:
        """Everything but open clips: another process opens its own."""
        return {**self.__dict__, "_open": OrderedDict()}

    def of_clip(self, clip: ClipRef, frames: Sequence[int], *, keep: bool = True) -> list[Picture]:
        """These frames of a clip as RGB; see `planes`."""
        return [i420_to_rgb(planes) for planes in self.planes(clip, frames, keep=keep)]

    def planes(self, clip: ClipRef, frames: Sequence[int], *, keep: bool = True) -> list[Planes]:
        """The planes of these frames of a clip, which is decoded once and whole, or not at all where they are kept.

        `keep` lets planes that are decoded now be kept for the next time.

        Raises:
            ReadError: the clip is missing, altered, does not decode, or has not as many frames as its labels.
        """
        kept = self._kept(clip)
        if kept is not None:
            path, height, width, count = kept
            self._check_reach(clip, frames, count)
            return _read_planes(path, frames, height, width)
        wanted = set(frames)
        try:
            with Clip(self._bytes(clip)) as opened:
                planes = [
                    shown if keep or number in wanted else shown[:0] for number, shown in enumerate(opened.planes())
                ]
        except MediaError as error:
            raise ReadError(f"{self._where(clip)}: {error}") from error
        self._check_length(clip, len(planes))
        self._check_reach(clip, frames, len(planes))
        if keep:
            self._keep(clip, planes)
        return [planes[frame] for frame in frames]

    def frame(self, clip: ClipRef, frame: int) -> Picture:
        """One frame, decoding from the key frame before it and not the whole clip. Raises ReadError as `of_clip`."""
        kept = self._kept(clip)
        if kept is not None:
            path, height, width, count = kept
            self._check_reach(clip, [frame], count)
            return i420_to_rgb(_read_planes(path, [frame], height, width)[0])
        if self._pid != os.getpid():
            self._open, self._pid = OrderedDict(), os.getpid()
        try:
            opened = self._open.pop(clip.sha256, None)
            if opened is None:
                opened = Clip(self._bytes(clip))
                self._check_length(clip, opened.info.num_frames)
            picture = opened.frame(frame)
        except MediaError as error:
            raise ReadError(f"{self._where(clip)}: {error}") from error
        self._open[clip.sha256] = opened
        while len(self._open) > OPEN_CLIPS:
            self._open.popitem(last=False)[1].close()
        return picture

    def data(self, clip: ClipRef) -> bytes:
        """The clip's own bytes, checked. Raises ReadError when it is missing or altered."""
        return self._bytes(clip)

    def _where(self, clip: ClipRef) -> str:
        name = clip.facts.get("clip_id")
        return self._place.address(clip.uri) + (f" (clip {name})" if name else "")

    def _check_length(self, clip: ClipRef, found: int) -> None:
        if clip.num_frames is not None and found != clip.num_frames:
            raise ReadError(f"{self._where(clip)}: has {found} frames, and labels for {clip.num_frames}")

    def _check_reach(self, clip: ClipRef, frames: Sequence[int], found: int) -> None:
        beyond = [frame for frame in frames if not 0 <= frame < found]
        if beyond:
            raise ReadError(f"{self._where(clip)}: has {found} frames and not one of number {beyond[0]}")

    def _bytes(self, clip: ClipRef) -> bytes:
        path = self._media.find(clip.sha256)
        data = path.read_bytes() if path is not None else None
        if data is not None and hashlib.sha256(data).hexdigest() == clip.sha256:
            return data
        data = self._place.read(clip.uri, f"clip {clip.facts.get('clip_id', '')} refers to it; see `pam verify`")
        if hashlib.sha256(data).hexdigest() != clip.sha256:
            raise ReadError(f"{self._where(clip)}: was altered: its bytes do not have the hash that its labels state")
        self._media.admit(clip.sha256, [data])
        return data

    def _kept(self, clip: ClipRef) -> tuple[Path, int, int, int] | None:
        path = self._decoded.find(f"{clip.sha256}.i420")
        if path is None:
            return None
        with path.open("rb") as stream:
            height, width, frames = np.frombuffer(stream.read(12), np.int32).tolist()
        if path.stat().st_size != 12 + frames * height * width * 3 // 2:
            return None
        self._check_length(clip, frames)
        return path, height, width, frames

    def _keep(self, clip: ClipRef, planes: Sequence[Planes]) -> None:
        if self._decoded.limit_bytes == 0:
            return
        rows, width = planes[0].shape
        head = np.array([rows * 2 // 3, width, len(planes)], np.int32)
        self._decoded.admit(f"{clip.sha256}.i420", [head.data, *(plane.data for plane in planes)])


def _read_planes(path: Path, frames: Sequence[int], height: int, width: int) -> list[Planes]:
    found: list[Planes] = []
    handle = os.open(path, os.O_RDONLY)
    try:
        for frame in frames:
            planes = np.empty((height * 3 // 2, width), np.uint8)
            if os.preadv(handle, [planes.reshape(-1).data], 12 + frame * planes.size) != planes.size:
                raise ReadError(f"{path}: is shorter than it was written; remove it")
            found.append(planes)
    finally:
        os.close(handle)
    return found
