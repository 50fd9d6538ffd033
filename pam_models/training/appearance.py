"""Training of the first-frame model by rectified flow on cached picture latents, its conditions read as raw pixels.

The paper trains two control branches on a frozen FLUX.1-dev. At demo size base, branches and word encoder are trained
together.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from pam_models.appearance.configuration import AppearanceConfig
from pam_models.appearance.flow import add_noise, flow_target, sample_times
from pam_models.appearance.latents import pack, unpack
from pam_models.appearance.modeling import ABSENT, AppearanceModel, hints_of
from pam_models.appearance.pipeline import AppearancePipeline
from pam_models.autoencoder.frames import image_to_tensor
from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.training.frame_store import RGB, BlockCache, block_names
from pam_models.training.hand_check import HandCheck
from pam_models.training.latents import PictureLatents, load_picture_latents
from pam_models.training.layout import HELD_OUT, TRAIN, RunLayout
from pam_models.training.masking import draw_kept, masked, noise_like, weighted_mean_square
from pam_models.training.ordering import Turn
from pam_models.training.picture_pool import PicturePool
from pam_models.training.recipe import AppearanceRecipe
from pam_models.training.scenes import stable_seed
from pam_models.training.sheets import contact_sheet, write_sheet

GUIDANCE = 4.0
_SHOWN = 8


class AppearanceTask:
    """See the module; a picture of either kind of scene is as good as another."""

    name = "appearance"

    def __init__(
        self,
        recipe: AppearanceRecipe,
        layout: RunLayout,
        config: AppearanceConfig,
        autoencoder: VideoAutoencoder,
        latents: Path,
        conditions: tuple[str, ...],
    ) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.model = AppearanceModel(config)
        self.modules: Mapping[str, nn.Module] = {"model": self.model}
        self._conditions = conditions
        self._autoencoder = autoencoder
        self._folder = latents
        self._layout = layout
        self._blocks = BlockCache(layout.pictures)
        self._pool = PicturePool(layout.model(self.name) / "picture_order.json")
        self._read: dict[str, PictureLatents] = {}
        self._check = HandCheck.of_run(layout)

    def prepare(self, step: int) -> None:
        """Take in the pictures whose latents are ready at this start."""
        names = [path.stem for path in self._folder.glob(f"{TRAIN}-pictures-*.npz")]
        shown = {name: np.flatnonzero(self._blocks[name].has_hand).tolist() for name in names}
        self._pool.extend(step, shown)

    def batch(self, turn: Turn) -> dict[str, Any]:
        """clean (B, C, h, w), conditions (B, 3, H, W) in [-1, 1] by name, weight (B, 1, h, w), text indices (B, L)."""
        recipe, config = self.recipe, self.model.config
        rng = np.random.default_rng(stable_seed("appearance", recipe.seed, turn.number))
        clean, weight, prompts = [], [], []
        pictures: dict[str, list[np.ndarray]] = {name: [] for name in self._conditions}
        for name, place in self._pool.batch(turn, recipe.batch, recipe.seed):
            latents, block = self._latents(name), self._blocks[name]
            clean.append(latents.latents[place][: config.latent_channels] * config.latent_scale)
            weight.append(latents.foreground[place][None])
            prompts.append("" if rng.random() < recipe.text_dropout else latents.prompts[place])
            for condition in self._conditions:
                pictures[condition].append(np.asarray(block.stream(condition)[place]))
        return {
            "clean": torch.from_numpy(np.stack(clean)).float(),
            "conditions": {name: image_to_tensor(np.stack(stack)) for name, stack in pictures.items()},
            "weight": 1.0 + (recipe.foreground_weight - 1.0) * torch.from_numpy(np.stack(weight)).float(),
            "text": self.model.text.indices(prompts),
        }

    def losses(self, batch: Mapping[str, Any], generator: torch.Generator) -> dict[str, Tensor]:
        """Mean square error of the flow; with a foreground weight, relative to it."""
        recipe = self.recipe
        clean: Tensor = batch["clean"]
        times = sample_times(len(clean), generator).to(clean.device)
        noise = noise_like(clean, generator)
        kept = draw_kept(self._conditions, len(clean), recipe.condition_dropout, generator)
        hints = hints_of(masked(batch["conditions"], kept, ABSENT))
        tokens, pooled = self.model.text(batch["text"])
        guidance = torch.full((len(clean),), GUIDANCE, device=clean.device)
        patch = self.model.flux.patch
        noisy = pack(add_noise(clean, noise, times), patch)
        flow = self.model(noisy, hints, tokens, pooled, times, guidance).float()
        height, width = clean.shape[2:]
        predicted = unpack(flow, height, width, patch)
        error = predicted - flow_target(clean, noise)
        return {"loss": weighted_mean_square(error, batch["weight"]), "plain": error.square().mean()}

    def sample(self, step: int, folder: Path) -> dict[str, float]:
        """Sample first frames for held-out pictures."""
        names = block_names(self._layout.pictures, HELD_OUT)
        if not names:
            return {}
        block = self._blocks[names[0]]
        chosen = np.flatnonzero(block.has_hand)[: 4 * _SHOWN]
        conditions = {name: np.asarray(block.stream(name))[chosen] for name in self._conditions}
        prompts = [block.prompts[index] for index in chosen]
        pipeline = AppearancePipeline(self.model, self._autoencoder)
        seeds = [stable_seed("appearance-sample", int(index)) % 2**31 for index in chosen]
        output = pipeline.sample(conditions, prompts, seeds, steps=self.recipe.sample_steps, guidance=GUIDANCE)
        rows = {"truth": np.asarray(block.stream(RGB))[chosen][:_SHOWN], "sample": output[:_SHOWN]}
        rows |= {name: pictures[:_SHOWN] for name, pictures in conditions.items()}
        write_sheet(folder / f"{step:06d}.png", contact_sheet(rows))
        return {} if self._check is None else self._check.compare(block.subset(chosen), output)

    def _latents(self, name: str) -> PictureLatents:
        if name not in self._read:
            self._read[name] = load_picture_latents(self._folder / f"{name}.npz")
        return self._read[name]
