"""Temporal flicker: how much pixels change from frame to frame that have no reason to.

Source: the mean absolute difference of adjacent frames, as in VBench's temporal flickering, here over the pixels that
are background in both frames by the known segmentation, because camera and background stand still by construction.
Units: grey levels of 0..255, lower is better. Limits: shadows move over the background and compression adds noise, so
read it beside the renderer's own value.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, UInt8


def flicker_levels(frames: UInt8[np.ndarray, "T H W 3"], still: Bool[np.ndarray, "T H W"] | None = None) -> float:
    """Mean absolute change per step in grey levels, over pixels that are `still` in both frames (all, without a mask).

    Raises ValueError for fewer than two frames, a mask of another shape, and a mask that leaves no pixel.
    """
    if len(frames) < 2:
        raise ValueError(f"flicker needs at least two frames; got {len(frames)}")
    if still is not None and still.shape != frames.shape[:3]:
        raise ValueError(f"the mask of still pixels must have shape {frames.shape[:3]}; got {still.shape}")
    total, count = 0.0, 0
    for step in range(len(frames) - 1):
        change = np.abs(frames[step + 1].astype(np.int16) - frames[step].astype(np.int16))
        chosen = change if still is None else change[still[step] & still[step + 1]]
        total += float(chosen.sum())
        count += chosen.size
    if not count:
        raise ValueError("no pixel stands still in two frames in a row")
    return total / count
