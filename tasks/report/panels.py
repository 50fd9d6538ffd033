"""Videos that show everything of a clip or a trajectory side by side: what is in one file cannot run out of step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from tasks.media import encode_video
from tasks.report.overlay import draw_joints, scale_joints, upscale

COLUMNS = 3
GAP_PX = 4
PANEL_HEIGHT_PX = 264
PANEL_WIDTH_PX = 432
SMALL_COLUMNS = 4
SMALL_HEIGHT_PX = 192
SMALL_WIDTH_PX = 288
CRF = 24
MOST_LARGE = 6
"""Panels of a clip that are shown large, three in a row; more are four in a row, which leaves less of it empty."""
_LARGE, _SMALL = (PANEL_HEIGHT_PX, PANEL_WIDTH_PX), (SMALL_HEIGHT_PX, SMALL_WIDTH_PX)

Frames = UInt8[np.ndarray, "T H W 3"]


@dataclass(frozen=True)
class Panels:
    """The video and the names of its panels, left to right and top to bottom, `columns` in a row."""

    video: bytes
    names: tuple[str, ...]
    columns: int
    width: int
    height: int


def panel_size(height: int, width: int, most: tuple[int, int] = _LARGE) -> tuple[int, int]:
    """The largest (height, width), both even, with the clip's shape inside one panel of the page."""
    factor = min(most[0] / height, most[1] / width)
    return max(2, round(height * factor / 2) * 2), max(2, round(width * factor / 2) * 2)


def compose(
    clip: Frames,
    preview: Frames | None,
    conditions: Mapping[str, Frames],
    joints_px: Float[np.ndarray, "T 21 2"],
    fps: float,
) -> Panels:
    """The generated clip, the known joints over it, the renderer's preview, and every condition video, in one grid.

    Raises:
        ValueError: the videos differ in length, so their frames do not belong together.
    """
    count = 2 + (preview is not None) + len(conditions)
    columns, most = (COLUMNS, _LARGE) if count <= MOST_LARGE else (SMALL_COLUMNS, _SMALL)
    height, width = clip.shape[1:3]
    size = panel_size(height, width, most)
    enlarged = upscale(clip, *size)
    joints = scale_joints(joints_px, clip.shape[1:3], size)
    named: dict[str, Frames] = {"generated clip": enlarged}
    if len(joints) != len(clip):
        raise ValueError(f"the clip has {len(clip)} frames but its labels {len(joints)}")
    named["known joints on the clip"] = draw_joints(enlarged, joints)
    if preview is not None:
        named["renderer’s preview"] = _fitted(preview, size, len(clip), "preview")
    for name, frames in conditions.items():
        named[f"condition: {name}"] = _fitted(frames, size, len(clip), name)
    return _panels(named, size, columns, fps)


def compose_conditions(preview: Frames, conditions: Mapping[str, Frames], fps: float) -> Panels:
    """The renderer's shaded preview of a trajectory and every condition video, in one grid of small panels.

    Raises:
        ValueError: the videos differ in length.
    """
    height, width = preview.shape[1:3]
    size = panel_size(height, width, _SMALL)
    named = {"shaded": upscale(preview, *size)}
    for name, frames in conditions.items():
        named[name.replace("_", " ")] = _fitted(frames, size, len(preview), name)
    return _panels(named, size, SMALL_COLUMNS, fps)


def _panels(named: Mapping[str, Frames], size: tuple[int, int], columns: int, fps: float) -> Panels:
    grid = _grid(list(named.values()), size, columns)
    return Panels(encode_video(grid, fps, crf=CRF), tuple(named), columns, grid.shape[2], grid.shape[1])


def _fitted(frames: Frames, size: tuple[int, int], length: int, name: str) -> Frames:
    if len(frames) != length:
        raise ValueError(f"the clip has {length} frames but {name} {len(frames)}")
    return upscale(frames, *size)


def _grid(panels: list[Frames], size: tuple[int, int], columns: int) -> Frames:
    height, width = size
    rows = -(-len(panels) // columns)
    shape = (len(panels[0]), rows * (height + GAP_PX) - GAP_PX, columns * (width + GAP_PX) - GAP_PX, 3)
    grid = np.full(shape, 24, np.uint8)
    for index, frames in enumerate(panels):
        top, left = index // columns * (height + GAP_PX), index % columns * (width + GAP_PX)
        grid[:, top : top + height, left : left + width] = frames
    return grid
