"""Training of the finisher: cut-outs of the motion model's clips, with the renderer's as truth."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from pam_models.autoencoder.frames import video_to_tensor
from pam_models.finishing import ClipFinisher, FinisherConfig
from pam_models.motion.pipeline import MotionPipeline
from pam_models.training.clip_figures import compare_clip
from pam_models.training.clip_validation import mean_figures, sampled_clip, shown_clips
from pam_models.training.drafts import Draft, load_draft
from pam_models.training.frame_store import RGB, BlockCache, FrameBlock
from pam_models.training.hand_check import HandCheck
from pam_models.training.layout import TRAIN, RunLayout
from pam_models.training.ordering import Pool, Turn
from pam_models.training.recipe import FinisherRecipe
from pam_models.training.scenes import stable_seed
from pam_models.training.sheets import contact_sheet, spread_frames, write_sheet

_HELD_OUT_CLIPS = 4
_DRAFTS_OPEN = 900
_COMPARED = ("psnr_db", "psnr_moving_db", "mpjpe_mm")


class FinisherTask:
    """See the module. `pipeline` makes the drafts of held-out clips; `drafts` is the folder of those to learn from."""

    name = "finisher"

    def __init__(
        self,
        recipe: FinisherRecipe,
        layout: RunLayout,
        config: FinisherConfig,
        pipeline: MotionPipeline,
        drafts: Path,
        *,
        source: str = "physics",
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.model = ClipFinisher(config)
        self.modules: Mapping[str, nn.Module] = {"model": self.model}
        self._pipeline = pipeline
        self._folder = drafts
        self._layout = layout
        self._source = source
        self._blocks = BlockCache(layout.clips)
        self._pool = Pool(layout.model(self.name) / "clips.json")
        self._draft = lru_cache(maxsize=_DRAFTS_OPEN)(self._read)
        self._check = HandCheck.of_run(layout)

    def prepare(self, step: int) -> None:
        """Take in the clips whose drafts are ready at this start."""
        self._pool.extend(step, [path.stem for path in self._folder.glob(f"{TRAIN}-{self._source}-*.npz")])

    def batch(self, turn: Turn) -> dict[str, Any]:
        """Cut-outs around hand and object in [-1, 1]: draft, truth and conditions (B, T, 3, h, w), first (B, 3, h, w),
        weight (B, T, 1, h, w), and per condition which of them have it (B,).
        """
        recipe = self.recipe
        rng = np.random.default_rng(stable_seed("finisher", recipe.seed, turn.number))
        names = self._pool.batch(turn, recipe.batch, recipe.seed)
        cuts = [self._cut(self._blocks[name], self._draft(name), rng) for name in names]
        conditions = self.model.config.conditions
        present = {kind: torch.tensor([self._has(kind, name, rng) for name in names]) for kind in conditions}
        return {
            **{part: torch.stack([cut[part] for cut in cuts]) for part in ("draft", "truth", "first", "weight")},
            "conditions": {kind: torch.stack([cut[kind] for cut in cuts]) for kind in conditions},
            "present": present,
        }

    def losses(self, batch: Mapping[str, Any], generator: torch.Generator) -> dict[str, Tensor]:
        """Absolute error of pixels and of differences between neighbours, hand and object weighing more."""
        del generator
        recipe, truth, weight = self.recipe, batch["truth"], batch["weight"]
        finished = self.model(batch["draft"], batch["first"], batch["conditions"], batch["present"])
        error = finished - truth
        pixels = _weighted(error.abs(), weight)
        across = _weighted((error[..., 1:] - error[..., :-1]).abs(), weight[..., 1:])
        down = _weighted((error[..., 1:, :] - error[..., :-1, :]).abs(), weight[..., 1:, :])
        before = _weighted((batch["draft"] - truth).abs(), weight)
        return {"loss": pixels + recipe.edge_weight * (across + down), "pixels": pixels, "pixels_before": before}

    def sample(self, step: int, folder: Path) -> dict[str, float]:
        """Held-out clips with and without the finisher against the renderer's, and sheets of them."""
        figures = []
        for index, name in enumerate(shown_clips(self._layout, self._source, _HELD_OUT_CLIPS)):
            block, draft = self._blocks[name], self._held_out_draft(name)
            finished = self._finished(block, draft)
            unfinished = compare_clip(block, draft, self._check)
            told = {f"draft_{key}": unfinished[key] for key in _COMPARED if key in unfinished}
            figures.append(compare_clip(block, finished, self._check) | told)
            shown = spread_frames(len(block), 7)
            rows = {"truth": np.asarray(block.stream(RGB))[shown], "draft": draft[shown], "finished": finished[shown]}
            write_sheet(folder / f"{step:06d}-{index}.png", contact_sheet(rows))
        return mean_figures(figures)

    def _held_out_draft(self, name: str) -> np.ndarray:
        """Made once: the motion model does not change while the finisher is trained."""
        path = self._folder / f"{name}.npy"
        if not path.is_file():
            kinds, seed = self._pipeline.model.conditions, stable_seed("finisher-sample", name) % 2**31
            np.save(path, sampled_clip(self._pipeline, self._blocks[name], kinds, seed, self.recipe.draft_steps))
        return np.asarray(np.load(path, allow_pickle=False))

    def _finished(self, block: FrameBlock, draft: np.ndarray) -> np.ndarray:
        given = {kind: np.asarray(block.stream(kind))[None] for kind in self.model.config.conditions}
        return np.asarray(self.model.finish(draft[None], np.asarray(block.stream(RGB)[:1]), given)[0])

    def _has(self, kind: str, name: str, rng: np.random.Generator) -> float:
        """Whether a sample has a condition: as its draft had it, or by a draw where the motion model reads no such."""
        if kind in self._pipeline.model.conditions:
            return float(kind in self._draft(name).kept)
        return float(rng.random() >= self.recipe.condition_dropout)

    def _cut(self, block: FrameBlock, draft: Draft, rng: np.random.Generator) -> dict[str, Tensor]:
        """The same frames and pixels of everything about a clip; on even pixels, as the model folds them."""
        count, height, width = self.recipe.frames, *self.recipe.cut_out
        start = int(rng.integers(len(block) - count + 1))
        frames = slice(start, start + count)
        foreground = np.asarray(np.asarray(block.stream("segmentation")[frames]).any(axis=-1))
        rows, columns = np.nonzero(foreground[count // 2])
        pick = int(rng.integers(len(rows))) if len(rows) else 0
        centre = (rows[pick], columns[pick]) if len(rows) else (foreground.shape[1] // 2, foreground.shape[2] // 2)
        shift = rng.integers(-(np.array([height, width]) // 4), np.array([height, width]) // 4 + 1)
        top, left = (
            int(np.clip(at + by - extent // 2, 0, whole - extent)) // 2 * 2
            for at, by, extent, whole in zip(centre, shift, (height, width), foreground.shape[1:], strict=True)
        )
        place = (slice(top, top + height), slice(left, left + width))
        seen = torch.from_numpy(foreground[(slice(None), *place)]).float()
        return {
            "draft": _as_clip(draft.frames[(frames, *place)]),
            "truth": _as_clip(np.asarray(block.stream(RGB)[frames])[(slice(None), *place)]),
            "first": _as_clip(np.asarray(block.stream(RGB)[:1])[(slice(None), *place)])[0],
            "weight": (1.0 + (self.recipe.foreground_weight - 1.0) * seen)[:, None],
            **{
                kind: _as_clip(np.asarray(block.stream(kind)[frames])[(slice(None), *place)])
                for kind in self.model.config.conditions
            },
        }

    def _read(self, name: str) -> Draft:
        return load_draft(self._folder, name)


def _as_clip(frames: np.ndarray) -> Float[Tensor, "T 3 h w"]:
    return video_to_tensor(frames[None])[0].transpose(0, 1)


def _weighted(error: Tensor, weight: Tensor) -> Tensor:
    return (error * weight).sum() / (weight.sum() * error.shape[2])
