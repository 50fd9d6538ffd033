"""Rows into what a training step takes: pictures out of their planes, and rows stacked field by field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from pam_models.media.colours import i420_to_rgb
from pam_models.readers.errors import ReadError
from pam_models.readers.shared_blocks import SharedBatch, SharedBlocks

LARGE_BYTES = 4096

Row = dict[str, Any]


def with_picture(row: Row) -> Row:
    """A row of `BuildFrames.clip_rows` with its picture in place of the planes."""
    if "image" in row:
        row["image"] = i420_to_rgb(row["image"])
    return row


def stacked(rows: Sequence[Row], most_rows: int, blocks: SharedBlocks | None = None) -> dict[str, Any]:
    """Rows of `BuildFrames.clip_rows` as one batch: tensors, lists of texts, and pictures in place of planes.

    Large fields go into `blocks`, each with room for `most_rows` rows, where they are given.

    Raises:
        ReadError: pictures of two sizes.
    """
    batch = SharedBatch() if blocks is not None else {}
    for name in rows[0]:
        cells = [row[name] for row in rows]
        if isinstance(cells[0], str):
            batch[name] = cells
            continue
        is_picture = name == "image"
        first = np.asarray(cells[0])
        shape = _picture_shape(rows) if is_picture else first.shape
        if is_picture or first.nbytes >= LARGE_BYTES:
            room = _room(batch, name, (len(rows), *shape), first.dtype, most_rows, blocks)
            _fill(room.numpy(), cells, is_picture)
        else:
            batch[name] = torch.from_numpy(np.asarray(cells))
    return batch


def _room(
    batch: dict[str, Any],
    name: str,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    most_rows: int,
    blocks: SharedBlocks | None,
) -> torch.Tensor:
    """Memory for a field of a batch, which is in the batch from then on."""
    kind = torch.from_numpy(np.empty(0, dtype)).dtype
    if blocks is None or not isinstance(batch, SharedBatch):
        batch[name] = torch.empty(shape, dtype=kind)
    else:
        row_bytes = int(np.prod(shape[1:])) * dtype.itemsize
        batch.add(name, blocks.take(most_rows * row_bytes), kind, shape)
    room: torch.Tensor = batch[name]
    return room


def _fill(room: np.ndarray, cells: Sequence[np.ndarray], is_picture: bool) -> None:
    for place, cell in enumerate(cells):
        if is_picture:
            i420_to_rgb(cell, room[place])
        else:
            room[place] = cell


def _picture_shape(rows: Sequence[Row]) -> tuple[int, int, int]:
    height, width = rows[0]["image"].shape[0] * 2 // 3, rows[0]["image"].shape[1]
    for row in rows:
        if row["image"].shape != rows[0]["image"].shape:
            other = f"{row['image'].shape[0] * 2 // 3}x{row['image'].shape[1]}"
            raise ReadError(
                f"clip {rows[0]['clip_id']} is {height}x{width} and clip {row['clip_id']} {other}: pictures of two "
                "sizes make no batch; read them without batch_size, or select clips of one size"
            )
    return height, width, 3
