"""The same frames through other libraries: the parts are plain Parquet, and `Pictures` adds the pixels to a batch.

datasets.load_dataset("parquet", data_files=part_addresses(build), split="train").with_transform(Pictures(build))
ray.data.read_parquet(part_addresses(build)).map_batches(Pictures(build))
Pictures(build)(duckdb.read_parquet(part_addresses(build)).filter("mpjpe_mm < 20").limit(64).fetchnumpy())
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import UInt8

from pam_models.readers.cache import CacheConfig
from pam_models.readers.errors import ReadError
from pam_models.readers.index import ClipRef, open_snapshot, read_part
from pam_models.readers.pictures import ClipPictures

NEEDED = ("video_uri", "video_sha256", "frame")


def part_addresses(build: str, step: str = "samples", options: Mapping[str, Any] | None = None) -> list[str]:
    """Addresses of the Parquet parts of a build's step, each read once and compared with the snapshot's hash.

    Raises:
        ReadError: no such build or step, or a part is missing or altered.
    """
    place, key, snapshot = open_snapshot(build, options)
    entries = snapshot.steps.get(step, ())
    if not entries:
        raise ReadError(f"{place.address(key)}: has no parts of {step}; it has {', '.join(snapshot.steps)}")
    for entry in entries:
        read_part(place, key, entry)
    return [place.address(f"{key}/{entry.path}") for entry in entries]


class Pictures:
    """Adds `image` (RGB, uint8) to a batch of sample rows: a mapping of columns with video_uri, video_sha256 and frame.

    Rows of one clip cost one decoding of it. The pictures are one array (N, H, W, 3) where they are of one size.

    Raises:
        ReadError: a column is missing, or a clip cannot be read.
    """

    def __init__(self, build: str, cache: CacheConfig | None = None, options: Mapping[str, Any] | None = None) -> None:
        place, _, _ = open_snapshot(build, options)
        self._pictures = ClipPictures(place, cache or CacheConfig())

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
        """The batch and its pictures."""
        missing = [name for name in NEEDED if name not in batch]
        if missing:
            raise ReadError(f"a batch for pictures needs the column {missing[0]}; it has {', '.join(batch)}")
        found: list[UInt8[np.ndarray, "H W 3"] | None] = [None] * len(batch["frame"])
        rows_of: dict[tuple[str, str], list[int]] = {}
        for row, clip in enumerate(zip(batch["video_uri"], batch["video_sha256"], strict=True)):
            rows_of.setdefault((str(clip[0]), str(clip[1])), []).append(row)
        for (uri, sha256), rows in rows_of.items():
            frames = [int(batch["frame"][row]) for row in rows]
            pictures = self._pictures.of_clip(ClipRef(uri, sha256, None, {}), frames)
            for row, picture in zip(rows, pictures, strict=True):
                found[row] = picture
        return {**batch, "image": _together([picture for picture in found if picture is not None])}


def _together(pictures: list[UInt8[np.ndarray, "H W 3"]]) -> Any:  # noqa: ANN401  an array, or a list of arrays
    return np.stack(pictures) if len({picture.shape for picture in pictures}) == 1 else pictures
