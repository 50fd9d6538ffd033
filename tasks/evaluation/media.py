"""Clips of a store for evaluation: whatever is wrong with one is that clip's failure, in one line."""

from __future__ import annotations

import numpy as np
from jaxtyping import UInt8

from tasks.ids import sha256_hex
from tasks.media import MediaError, read_frames
from tasks.store import Store


class BadMedium(ValueError):  # noqa: N818  the name of a failed row's error type
    """A clip that is missing, altered, unreadable, or of the wrong length or size."""


def stored_medium(store: Store, uri: str, sha256: str, what: str) -> bytes:
    """A medium's bytes. Raises BadMedium when it is missing or altered, and StoreError when the store fails."""
    data = store.find(uri)
    if data is None:
        raise BadMedium(f"{what} is missing: {uri}")
    if sha256_hex(data) != sha256:
        raise BadMedium(f"{what} was altered: {uri} does not have the hash that its row states")
    return data


def decoded(data: bytes, frames: int, size: tuple[int, int], what: str) -> UInt8[np.ndarray, "T H W 3"]:
    """The frames of a clip of known length and (height, width). Raises BadMedium when it is anything else."""
    try:
        clip = read_frames(data)
    except MediaError as error:
        raise BadMedium(f"{what} does not decode: {error}") from error
    if len(clip) != frames:
        raise BadMedium(f"{what} has {len(clip)} frames, its trajectory {frames}")
    if clip.shape[1:3] != size:
        raise BadMedium(
            f"{what} is {clip.shape[2]}x{clip.shape[1]} pixels, its trajectory's pictures {size[1]}x{size[0]}"
        )
    return clip
