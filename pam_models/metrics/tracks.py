"""Point tracks through a clip: known ones from the simulator, by optical flow, or by a tracker of the user's.

A track is a point's place in every frame, in pixels (pixel centres at whole numbers), and whether it is to be trusted
there. Trackers are interchangeable: all follow the same points from the first frame on.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import torch
from jaxtyping import Bool, Float32, UInt8

from pam_models.metrics.torchscript_file import load_torchscript

LK_WINDOW = (15, 15)
LK_LEVELS = 3
LK_CRITERIA = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 30, 0.01)
ROUND_TRIP_PX = 1.0


@dataclass(frozen=True)
class Tracks:
    """N tracks over T frames. A step counts where both of its ends are valid."""

    points_px: Float32[np.ndarray, "N T 2"]
    valid: Bool[np.ndarray, "N T"]


class Tracker(Protocol):
    """Follows points of the first frame through a clip."""

    @property
    def tracker_id(self) -> str:
        """Name for the metric's own name."""
        ...

    def track(self, frames: UInt8[np.ndarray, "T H W 3"], start_px: Float32[np.ndarray, "N 2"]) -> Tracks:
        """Tracks that begin at `start_px` in frame 0."""
        ...


class LucasKanadeTracker:
    """Pyramidal Lucas-Kanade (Bouguet 2001) of OpenCV with a check forwards and backwards.

    A point that flow loses, that leaves the picture, or that does not come back within one pixel is invalid from then
    on.
    """

    tracker_id = "lk"

    def track(self, frames: UInt8[np.ndarray, "T H W 3"], start_px: Float32[np.ndarray, "N 2"]) -> Tracks:
        """Tracks that begin at `start_px` in frame 0."""
        points = np.repeat(start_px[:, None].astype(np.float32), len(frames), axis=1)
        valid = np.ones(points.shape[:2], bool)
        before = cv2.cvtColor(frames[0], cv2.COLOR_RGB2GRAY)
        for t in range(1, len(frames)):
            after = cv2.cvtColor(frames[t], cv2.COLOR_RGB2GRAY)
            points[:, t], found = _step(before, after, np.ascontiguousarray(points[:, t - 1]))
            valid[:, t] = valid[:, t - 1] & found
            before = after
        return Tracks(points, valid)


def _step(
    before: UInt8[np.ndarray, "H W"], after: UInt8[np.ndarray, "H W"], points: Float32[np.ndarray, "N 2"]
) -> tuple[Float32[np.ndarray, "N 2"], Bool[np.ndarray, " N"]]:
    moved, there = _flow(before, after, points)
    returned, back = _flow(after, before, moved)
    height, width = before.shape
    inside = (moved > -0.5).all(-1) & (moved < [width - 0.5, height - 0.5]).all(-1)
    near = np.linalg.norm(returned - points, axis=-1) <= ROUND_TRIP_PX
    return moved, there & back & inside & near


def _flow(
    before: UInt8[np.ndarray, "H W"], after: UInt8[np.ndarray, "H W"], points: Float32[np.ndarray, "N 2"]
) -> tuple[Float32[np.ndarray, "N 2"], Bool[np.ndarray, " N"]]:
    if not len(points):
        return points, np.zeros(0, bool)
    moved, found, _ = cv2.calcOpticalFlowPyrLK(  # type: ignore[call-overload]
        before, after, points, None, winSize=LK_WINDOW, maxLevel=LK_LEVELS, criteria=LK_CRITERIA
    )
    return np.asarray(moved, np.float32), np.asarray(found).reshape(-1).astype(bool)


class TorchscriptTracker:
    """A tracker of the user's as a TorchScript file, such as an export of CoTracker (CC BY-NC 4.0, never shipped).

    It is called with a clip (1, T, 3, H, W), float, 0..255, and queries (1, N, 3) of (frame, x, y), and answers with
    tracks (1, T, N, 2) in pixels and visibility (1, T, N), as CoTracker does.
    """

    def __init__(self, path: Path) -> None:
        """Raises ValueError for a file that is no TorchScript."""
        self._model, self.tracker_id = load_torchscript(path)

    def track(self, frames: UInt8[np.ndarray, "T H W 3"], start_px: Float32[np.ndarray, "N 2"]) -> Tracks:
        """Tracks that begin at `start_px` in frame 0. Raises ValueError when the answer has another shape."""
        clip = torch.from_numpy(frames).permute(0, 3, 1, 2)[None].float()
        queries = torch.cat([torch.zeros(len(start_px), 1), torch.from_numpy(start_px).float()], dim=1)[None]
        with torch.inference_mode():
            points, visible = self._model(clip, queries)
        if tuple(points.shape) != (1, len(frames), len(start_px), 2):
            raise ValueError(f"the tracker answered with shape {tuple(points.shape)}, not (1, T, N, 2)")
        seen = visible[0].T.reshape(len(start_px), len(frames)) > 0.5
        return Tracks(points[0].permute(1, 0, 2).float().numpy(), seen.numpy())


def grid_points(height: int, width: int, step_px: int) -> Float32[np.ndarray, "N 2"]:
    """Points of a regular grid, half a step away from the border, row by row."""
    across = np.arange(step_px / 2, width, step_px)
    down = np.arange(step_px / 2, height, step_px)
    return np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2).astype(np.float32)
