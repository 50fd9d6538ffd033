"""What the small motion model makes of the training clips, computed once: the finisher learns from it.

The folder is named after the hash of the motion weights and each file after the clip it was made from. Of each clip
some conditions are left out, drawn from its name; the finisher is then shown the same ones.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from pam_models.motion.modeling import MotionModel
from pam_models.motion.pipeline import MotionPipeline
from pam_models.training.caching import in_time, write_arrays
from pam_models.training.clip_validation import sampled_clip
from pam_models.training.frame_store import FrameBlock, block_names, load_block
from pam_models.training.layout import TRAIN, RunLayout
from pam_models.training.recipe import FinisherRecipe
from pam_models.training.scenes import stable_seed

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Draft:
    """A clip as the motion model made it, and the conditions that it was given."""

    frames: UInt8[np.ndarray, "T H W 3"]
    kept: frozenset[str]


def load_trained_motion(layout: RunLayout) -> tuple[MotionModel, str]:
    """The motion model of this run and the hash of its file. Raises FileNotFoundError where it is not finished."""
    path = layout.weights("motion")
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: train the motion model to its end (or export it) first")
    return MotionModel.load(path), hashlib.sha256(path.read_bytes()).hexdigest()


def make_drafts(
    layout: RunLayout,
    pipeline: MotionPipeline,
    digest: str,
    recipe: FinisherRecipe,
    minutes: float | None = None,
    *,
    source: str = "physics",
) -> int:
    """Sample the training clips of a source of scenes that have no draft of these weights yet; returns how many are
    still to do. May be stopped and run again.
    """
    folder = layout.drafts(digest)
    names = block_names(layout.clips, f"{TRAIN}-{source}-")
    todo = [name for name in names if not (folder / f"{name}.npz").is_file()]
    log.info("drafts: %d of %d clips are there, in %s", len(names) - len(todo), len(names), folder)
    left = len(todo)
    for name in in_time(todo, minutes, "drafts"):
        draft = _draft(pipeline, load_block(layout.clips, name), name, recipe)
        kept = np.array(sorted(draft.kept), dtype=np.str_)
        write_arrays(folder / f"{name}.npz", {"frames": draft.frames, "kept": kept})
        left -= 1
    if not left:
        log.info("drafts: all %d clips sampled", len(names))
    return left


def load_draft(folder: Path, name: str) -> Draft:
    """Read a clip's draft."""
    with np.load(folder / f"{name}.npz", allow_pickle=False) as data:
        return Draft(data["frames"], frozenset(str(kind) for kind in data["kept"]))


def _draft(pipeline: MotionPipeline, block: FrameBlock, name: str, recipe: FinisherRecipe) -> Draft:
    rng = np.random.default_rng(stable_seed("draft", recipe.seed, name))
    kept = [kind for kind in pipeline.model.conditions if rng.random() >= recipe.condition_dropout]
    seed = stable_seed("draft-noise", recipe.seed, name) % 2**31
    return Draft(sampled_clip(pipeline, block, kept, seed, recipe.draft_steps), frozenset(kept))
