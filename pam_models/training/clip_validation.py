"""Held-out clips of a run, sampled and compared: what the validations of motion model and finisher share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import UInt8

from pam_models.motion.pipeline import MotionPipeline
from pam_models.training.frame_store import RGB, FrameBlock, block_names
from pam_models.training.layout import HELD_OUT, RunLayout
from pam_models.training.sheets import spread_frames


def shown_clips(layout: RunLayout, source: str, count: int) -> list[str]:
    """Names of so many held-out clips of a source of scenes, spread over all of them."""
    names = block_names(layout.clips, f"{HELD_OUT}-{source}-")
    return [names[place] for place in spread_frames(len(names), count)] if names else []


def mean_figures(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each figure over the clips that have it."""
    labels = dict.fromkeys(label for row in rows for label in row)
    return {label: float(np.mean([row[label] for row in rows if label in row])) for label in labels}


def sampled_clip(
    pipeline: MotionPipeline, block: FrameBlock, kinds: Sequence[str], seed: int, steps: int
) -> UInt8[np.ndarray, "T H W 3"]:
    """A block's clip from its true first frame and some of its condition videos, without guidance."""
    first = np.asarray(block.stream(RGB)[:1])
    conditions = {kind: np.asarray(block.stream(kind))[None] for kind in kinds}
    return np.asarray(pipeline.sample(first, conditions, [block.prompts[0]], [seed], steps=steps, guidance=1.0)[0])
