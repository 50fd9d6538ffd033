"""Clips from elsewhere become blocks of a run: whole clips, and some frames of each as single pictures."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from pam_models.training.data_recipe import RecordedData, SnapshotData
from pam_models.training.frame_store import FrameBlock, block_names, claim_block, save_block
from pam_models.training.layout import HELD_OUT, TRAIN, RunLayout, clip_block
from pam_models.training.scenes import is_held_out
from pam_models.training.sheets import spread_frames

log = logging.getLogger(__name__)


class ClipRefused(Exception):  # noqa: N818  (the name is the message's first word)
    """A clip that cannot be learnt from; the message says why."""


@dataclass(frozen=True)
class OfferedClip:
    """A clip that may be brought in. `scene` decides whether it is held out: views of a scene stay together.

    `read` gives the clip's frames; it raises ClipRefused with a reason.
    """

    scene: str
    view: int
    read: Callable[[], FrameBlock]


def import_clips(recipe: SnapshotData | RecordedData, layout: RunLayout, offered: Iterable[OfferedClip]) -> int:
    """Bring in the clips that are not there yet; returns how many blocks of clips there are.

    A clip that cannot be read is logged and left out. Raises ValueError when none could be read.
    """
    refused = ""
    for clip in offered:
        scene = f"{recipe.clip_source}-{_plain(clip.scene)}"
        held_out = is_held_out(scene, recipe.held_out_one_in)
        name = clip_block(scene, clip.view, held_out=held_out)
        if not claim_block(layout.clips, name):
            continue
        try:
            block = _checked(clip.read(), recipe)
        except ClipRefused as error:
            refused = f"{clip.scene}: {error}"
            log.warning("left out: %s", refused)
            (layout.clips / f"{name}.claim").unlink(missing_ok=True)
            continue
        chosen = np.array(spread_frames(len(block), recipe.pictures_per_clip))
        prefix = HELD_OUT if held_out else TRAIN
        save_block(layout.pictures, f"{prefix}-pictures-{scene}-v{clip.view}", block.subset(chosen))
        save_block(layout.clips, name, block)
    count = len(block_names(layout.clips))
    if count == 0:
        raise ValueError(f"no clip could be read as data.kind {recipe.kind}: {refused or 'there is none'}")
    return count


def _checked(block: FrameBlock, recipe: SnapshotData | RecordedData) -> FrameBlock:
    height, width = block.frames.shape[2:4]
    if (height, width) != (recipe.height, recipe.width) or len(block) < recipe.frames:
        raise ClipRefused(
            f"has {len(block)} frames of {height} x {width}; the recipe wants {recipe.frames} of "
            f"{recipe.height} x {recipe.width}: set data.frames, data.height and data.width"
        )
    return block if len(block) == recipe.frames else block.subset(np.arange(recipe.frames))


def _plain(key: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]", "_", key)
