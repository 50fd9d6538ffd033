"""Training of the image-to-video model on cached latents, by the error of v or of the clean latents.

The paper freezes a pretrained base and trains the control branch. At demo size there is no pretrained base, so base,
branch and word encoder are trained together; `MotionLearner` says which it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor, nn

from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.motion.diffusion import NoiseSchedule, sample_timesteps
from pam_models.motion.latents import pad_first_frame
from pam_models.motion.pipeline import MotionPipeline
from pam_models.training.clip_figures import compare_clip
from pam_models.training.clip_validation import mean_figures, sampled_clip, shown_clips
from pam_models.training.frame_store import RGB, BlockCache
from pam_models.training.hand_check import HandCheck
from pam_models.training.latents import ClipLatents, load_clip_latents
from pam_models.training.layout import TRAIN, RunLayout
from pam_models.training.masking import draw_kept, masked, noise_like, weighted_mean_square
from pam_models.training.motion_learner import MotionLearner
from pam_models.training.ordering import Pool, Turn
from pam_models.training.recipe import MotionRecipe
from pam_models.training.scenes import stable_seed
from pam_models.training.sheets import contact_sheet, spread_frames, write_sheet

_HELD_OUT_CLIPS = 2
_CLEAN_WEIGHT = 4.0
_MOST_CACHED_BYTES = 2 * 2**30


class MotionTask:
    """See the module. `source` names the scenes whose clips are learnt from."""

    name = "motion"

    def __init__(
        self,
        recipe: MotionRecipe,
        layout: RunLayout,
        learner: MotionLearner,
        autoencoder: VideoAutoencoder,
        latents: Path,
        *,
        source: str = "physics",
    ) -> None:
        self.recipe = recipe
        self.modules: Mapping[str, nn.Module] = learner.modules
        self._learner = learner
        self._conditions = learner.parts.conditions
        self._latent_frames = learner.parts.latent_frames
        self._schedule = NoiseSchedule()
        self._autoencoder = autoencoder
        self._folder = latents
        self._layout = layout
        self._source = source
        self._blocks = BlockCache(layout.clips)
        self._pool = Pool(layout.model(self.name) / "clips.json")
        self._read: dict[str, ClipLatents] = {}
        self._check = HandCheck.of_run(layout)

    def prepare(self, step: int) -> None:
        """Take in the clips whose latents are ready at this start."""
        self._pool.extend(step, [path.stem for path in self._folder.glob(f"{TRAIN}-{self._source}-*.npz")])

    def batch(self, turn: Turn) -> dict[str, Any]:
        """Float32 latents of a batch: clean (B, F, C, h, w), first, conditions (B, F, 2C, h, w), weight, text
        indices.
        """
        recipe = self.recipe
        rng = np.random.default_rng(stable_seed("motion", recipe.seed, turn.number))
        whole = turn.step >= recipe.steps * (1.0 - recipe.whole_clip_fraction)
        cut_out = not whole and rng.random() < recipe.cut_out_fraction
        count = self._whole_clips if whole else recipe.cut_outs if cut_out else recipe.batch
        largest = max(recipe.batch, self._whole_clips, recipe.cut_outs if recipe.cut_out_fraction else 0)
        clips = [self._latents(name) for name in self._pool.batch(turn, largest, recipe.seed)[:count]]
        moments = list(range(self._latent_frames)) if whole else self._part(rng)
        prompts = ["" if rng.random() < recipe.text_dropout else clip.prompt for clip in clips]
        clean = _stack([clip.latents[RGB] for clip in clips])
        frames = clean.shape[1]
        first = pad_first_frame(_stack([clip.first[RGB] for clip in clips]), frames)
        conditions = {
            name: torch.cat(
                [
                    _stack([clip.latents[name] for clip in clips]),
                    pad_first_frame(_stack([clip.first[name] for clip in clips]), frames),
                ],
                dim=2,
            )
            for name in self._conditions
        }
        foreground = _stack([clip.foreground for clip in clips])[:, moments, None]
        if cut_out:
            corners = [self._corner(shown[:, 0].any(dim=0).numpy(), rng) for shown in foreground > 0]
            foreground, clean, first = (self._cut(latents, corners) for latents in (foreground, clean, first))
            conditions = {name: self._cut(latents, corners) for name, latents in conditions.items()}
        return {
            "clean": clean[:, moments],
            "first": first[:, moments],
            "conditions": {name: latents[:, moments] for name, latents in conditions.items()},
            "moments": moments,
            "cut_out": cut_out,
            "weight": 1.0 + (recipe.foreground_weight - 1.0) * foreground,
            "text": self._learner.prompts.inputs(prompts),
        }

    @property
    def _whole_clips(self) -> int:
        recipe = self.recipe
        return recipe.whole_clips or max(1, recipe.batch * (recipe.window + 1) // self._latent_frames)

    def _corner(self, shown: Bool[np.ndarray, "h w"], rng: np.random.Generator) -> tuple[int, int]:
        """Top and left of a cut-out around a random cell of hand or object; around any cell where neither shows."""
        rows, columns = np.nonzero(shown if shown.any() else np.ones_like(shown))
        pick = int(rng.integers(len(rows)))
        top, left = (
            int(np.clip(at - extent // 2, 0, whole - extent))
            for at, extent, whole in zip((rows[pick], columns[pick]), self.recipe.cut_out, shown.shape, strict=True)
        )
        return top, left

    def _cut(self, latents: Tensor, corners: list[tuple[int, int]]) -> Tensor:
        height, width = self.recipe.cut_out
        places = zip(latents, corners, strict=True)
        return torch.stack([clip[..., top : top + height, left : left + width] for clip, (top, left) in places])

    def _part(self, rng: np.random.Generator) -> list[int]:
        """The first latent frame, and some that follow one another anywhere after it."""
        start = 1 + int(rng.integers(self._latent_frames - self.recipe.window))
        return [0, *range(start, start + self.recipe.window)]

    def losses(self, batch: Mapping[str, Any], generator: torch.Generator) -> dict[str, Tensor]:
        """Mean square error of v; with a foreground weight, relative to it.

        Where clean latents are predicted, an error of v would weigh without bound at little noise: below a quarter of
        the variance it counts as theirs.
        """
        recipe = self.recipe
        clean: Tensor = batch["clean"]
        count = len(clean)
        timesteps = sample_timesteps(count, generator).to(clean.device)
        noise = noise_like(clean, generator)
        kept = draw_kept(self._conditions, count, recipe.condition_dropout, generator)
        keep_first = torch.rand(count, generator=generator) >= recipe.first_frame_dropout
        conditions = masked(batch["conditions"], kept)
        first = masked({"first": batch["first"]}, {"first": keep_first})["first"]
        tokens, _ = self._learner.prompts.embedded(batch["text"])
        noisy = self._schedule.add_noise(clean, noise, timesteps)
        moments = batch["moments"]
        predicted = self._learner.velocity(
            noisy, first, timesteps, tokens, conditions, moments=moments, cut_out=batch["cut_out"]
        )
        error = predicted.float() - self._schedule.velocity(clean, noise, timesteps)
        weight = batch["weight"]
        if self._learner.predicts_clean:
            _, spread = self._schedule.levels(timesteps, clean.ndim)
            weight = weight * (_CLEAN_WEIGHT * spread.square()).clamp_max(1.0)
        return {"loss": weighted_mean_square(error, weight), "plain": error.square().mean()}

    def sample(self, step: int, folder: Path) -> dict[str, float]:
        """Sample held-out clips from their true first frame; compare with the renderer and with a still first frame."""
        pipeline = MotionPipeline(self._learner.parts, self._autoencoder)
        figures = []
        for index, name in enumerate(shown_clips(self._layout, self._source, _HELD_OUT_CLIPS)):
            block, seed = self._blocks[name], stable_seed("motion-sample", name) % 2**31
            output = sampled_clip(pipeline, block, self._conditions, seed, self.recipe.sample_steps)
            figures.append(compare_clip(block, output, self._check))
            shown = spread_frames(len(block), 7)
            rows = {"truth": np.asarray(block.stream(RGB))[shown], "sample": output[shown]}
            rows |= {condition: np.asarray(block.stream(condition))[shown] for condition in self._conditions}
            write_sheet(folder / f"{step:06d}-{index}.png", contact_sheet(rows))
        return mean_figures(figures)

    def _latents(self, name: str) -> ClipLatents:
        found = self._read.get(name)
        if found is None:
            found = load_clip_latents(self._folder / f"{name}.npz")
            if len(self._read) * found.bytes < _MOST_CACHED_BYTES:
                self._read[name] = found
        return found


def _stack(arrays: list[np.ndarray]) -> Tensor:
    return torch.from_numpy(np.stack(arrays)).float()
