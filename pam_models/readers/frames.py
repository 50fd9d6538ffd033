"""A build's labelled frames for training: one at a time by number, or the frames of a clip together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from torch.utils.data import Dataset

from pam_models.readers.cache import CacheConfig
from pam_models.readers.index import ClipRef, FrameIndex, open_index
from pam_models.readers.pictures import ClipPictures
from pam_models.readers.selection import Selection
from pam_models.readers.surface import Surfaces

VerticesFrom = Literal["stored", "computed"]
TEXTS = ("clip_id", "trajectory_id", "object_name", "split", "hand_model")


@dataclass(frozen=True)
class ReadConfig:
    """What of a frame is read, and how.

    vertices: the hand's surface as `vertices` (V, 3), as it was stored or skinned anew from the parameters; None
    leaves it out. mano_dir: folder with your MANO files, for builds made with MANO. pictures: False reads labels
    alone. options: what fsspec is told about the store, in place of the usual environment variables.
    """

    selection: Selection = field(default_factory=Selection)
    vertices: VerticesFrom | None = None
    mano_dir: Path | None = None
    pictures: bool = True
    cache: CacheConfig = field(default_factory=CacheConfig)
    options: Mapping[str, Any] | None = None


class BuildFrames:
    """The selected frames of a build and how to read them; datasets share one. It may be sent to other processes.

    Raises:
        ReadError: no such build, a part missing, altered or unreadable; EmptySelectionError: nothing is selected.
    """

    def __init__(self, build: str, config: ReadConfig | None = None) -> None:
        self.config = config or ReadConfig()
        self.index: FrameIndex = open_index(
            build,
            self.config.selection,
            self.config.cache.folder,
            vertices=self.config.vertices == "stored",
            options=self.config.options,
        )
        self.pictures = ClipPictures(self.index.place, self.config.cache)
        self.surfaces = Surfaces(self.config.mano_dir)

    def one(self, row: int) -> dict[str, Any]:
        """One row as `FrameDataset` describes it. Raises ReadError for a picture or label that cannot be read."""
        number = int(self.index.row_clip[row])
        clip = self.index.clip(number)
        item = self._items(clip, number, slice(row, row + 1))[0]
        if self.config.pictures:
            item["image"] = self.pictures.frame(clip, int(self.index.row_frame[row]))
        return item

    def clip_rows(self, number: int, *, keep: bool = True) -> list[dict[str, Any]]:
        """Every selected row of a clip in order of time, the clip decoded once. Raises ReadError as `one`.

        `image` is the picture's planes (`media.colours`): they are half as large, and a batch converts them in place.
        `keep` lets them be kept for the next time.
        """
        clip, rows = self.index.clip(number), self.index.rows_of(number)
        items = self._items(clip, number, rows)
        if self.config.pictures:
            frames, places = np.unique(self.index.row_frame[rows], return_inverse=True)
            planes = self.pictures.planes(clip, frames.tolist(), keep=keep)
            for item, place in zip(items, places.tolist(), strict=True):
                item["image"] = planes[place]
        return items

    def _items(self, clip: ClipRef, number: int, rows: slice) -> list[dict[str, Any]]:
        labels = self.index.labels(rows, number)
        is_right = self.index.row_is_right[rows]
        columns: dict[str, Any] = {name: labels[name] for name in labels.dtype.names or ()}
        if self.config.vertices == "stored":
            columns["vertices"] = self.index.stored_vertices(rows, number)
        elif self.config.vertices == "computed":
            columns["vertices"] = self.surfaces.vertices(labels, is_right, clip.facts)
        columns["is_right"] = is_right
        names = tuple(columns)
        shared = {name: clip.facts[name] for name in TEXTS}
        return [dict(zip(names, cells, strict=True), **shared) for cells in zip(*columns.values(), strict=True)]


class FrameDataset(Dataset[dict[str, Any]]):
    """Labelled frames by number, in order of part, clip and frame: what a `DataLoader` with a sampler reads.

    An item holds numpy arrays, which the default collation stacks into tensors: `image` (H, W, 3) uint8 RGB; `K` (3, 3)
    px; `xyz` (21, 3) m, camera axes, OpenPose order; `uv` (21, 2) px; `vertices` (V, 3) m where asked for; `pose_flat`
    (48) rad, `betas` (10), `transl` (3) m in the world; `T_world_cam`, `object_pose` (4, 4); `bbox_xyxy` (4) px;
    `joint_visible` (21) bool; `joints_in_image`, `frame`; `mpjpe_mm`, `pa_mpjpe_mm`, `error_2d_px` (NaN where no hand
    was found), `detected`; `is_right`; and the texts clip_id, trajectory_id, object_name, split, hand_model.
    A frame in which two hands are labelled is two items. A single frame is decoded from the key frame before it.

    Raises:
        ReadError, EmptySelectionError: see `BuildFrames`; and ReadError when an item's picture cannot be read.
    """

    def __init__(self, build: str, config: ReadConfig | None = None) -> None:
        self.frames = BuildFrames(build, config)

    def __len__(self) -> int:
        """Number of rows."""
        return len(self.frames.index)

    def __getitem__(self, row: int) -> dict[str, Any]:
        """A row by its number, from the end where it is negative."""
        count = len(self)
        if not -count <= row < count:
            raise IndexError(f"row {row}: there are {count}")
        return self.frames.one(row % count)
