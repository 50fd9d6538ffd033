"""Training of the video autoencoder on crops in time of pictures and of condition videos."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from pam_models.autoencoder.block_codec import BlockCodec
from pam_models.autoencoder.configuration import SPATIAL_FACTOR, AutoencoderConfig, demo_config
from pam_models.autoencoder.frames import tensor_to_video, video_to_tensor
from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.metrics.image import psnr_db
from pam_models.training.frame_store import RGB, BlockCache, FrameBlock, block_names
from pam_models.training.layout import HELD_OUT, TRAIN, RunLayout
from pam_models.training.masking import noise_like
from pam_models.training.ordering import Pool, Turn
from pam_models.training.recipe import AutoencoderRecipe
from pam_models.training.scenes import stable_seed
from pam_models.training.sheets import contact_sheet, spread_frames, write_sheet

FRAMES_IN_A_BATCH = 9
FITTED_CLIPS = 240


class AutoencoderTask:
    """Reconstruction with weight on the hand and the object and on edges; see `AutoencoderRecipe`."""

    name = "autoencoder"

    def __init__(self, recipe: AutoencoderRecipe, layout: RunLayout, config: AutoencoderConfig | None = None) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.model = VideoAutoencoder(config or demo_config())
        self.modules: Mapping[str, nn.Module] = {"model": self.model}
        self._layout = layout
        self._clips = BlockCache(layout.clips)
        self._pictures = BlockCache(layout.pictures)
        folder = layout.model(self.name)
        self._clip_pool = Pool(folder / "clips.json")
        self._picture_pool = Pool(folder / "pictures.json")

    def prepare(self, step: int) -> None:
        """Take in the clips and pictures that are ready at this start."""
        self._clip_pool.extend(step, block_names(self._layout.clips, TRAIN))
        self._picture_pool.extend(step, block_names(self._layout.pictures, TRAIN))
        codec = self.model.model
        if isinstance(codec, BlockCodec) and not codec.fitted:
            codec.fit(self._clips_to_fit())
            self.set_statistics()

    def _clips_to_fit(self) -> Float[Tensor, "B 3 T H W"]:
        """Crops in time of pictures and of one kind of condition picture, from clips all over the training set."""
        names = block_names(self._layout.clips, TRAIN)
        chosen = names[:: max(1, len(names) // FITTED_CLIPS)][:FITTED_CLIPS]
        videos: list[np.ndarray] = []
        for index, name in enumerate(chosen):
            block = self._clips[name]
            start = (7 * index) % (len(block) - FRAMES_IN_A_BATCH + 1)
            streams = (RGB, block.streams[1 + index % (len(block.streams) - 1)])
            videos.extend(np.asarray(block.stream(stream)[start : start + FRAMES_IN_A_BATCH]) for stream in streams)
        return video_to_tensor(np.stack(videos))

    def batch(self, turn: Turn) -> dict[str, Any]:
        """video (B, 3, T, H, W) in [-1, 1] and its pixel weights (B, 1, T, H, W)."""
        recipe = self.recipe
        rng = np.random.default_rng(stable_seed("autoencoder", recipe.seed, turn.number))
        weights = np.array(recipe.crop_weights)
        frames = int(rng.choice(recipe.crop_frames, p=weights / weights.sum()))
        single = frames == 1
        pool, cache = (self._picture_pool, self._pictures) if single else (self._clip_pool, self._clips)
        count = max(1, recipe.batch * FRAMES_IN_A_BATCH // frames)
        whole = turn.step >= recipe.steps * (1.0 - recipe.whole_picture_fraction)
        videos, masks = [], []
        for name in pool.batch(turn, count, recipe.seed):
            block = cache[name]
            stream = RGB if rng.random() < recipe.rgb_fraction else str(rng.choice(block.streams[1:]))
            start = int(rng.integers(len(block) - frames + 1))
            at = slice(start, start + frames)
            shown = np.asarray(block.stream("segmentation")[at].any(axis=-1))
            window = (slice(None), slice(None)) if whole else self._window(rng, shown)
            videos.append(np.asarray(block.stream(stream)[at])[:, *window])
            masks.append(shown[:, *window])
        mask = torch.from_numpy(np.stack(masks))[:, None].float()
        return {"video": video_to_tensor(np.stack(videos)), "weight": 1.0 + (recipe.foreground_weight - 1.0) * mask}

    def _window(self, rng: np.random.Generator, mask: Bool[np.ndarray, "T H W"]) -> tuple[slice, slice]:
        """A crop around a random foreground pixel: most of a picture is an easy background."""
        rows, columns = np.nonzero(mask.any(axis=0))
        size = self.recipe.window
        if len(rows) == 0:
            rows, columns = np.array([mask.shape[1] // 2]), np.array([mask.shape[2] // 2])
        pick = int(rng.integers(len(rows)))
        # Whole blocks: a crop that cuts them would teach seams that do not exist.
        top, left = (
            int(np.clip(centre - extent // 2, 0, whole - extent)) // SPATIAL_FACTOR * SPATIAL_FACTOR
            for centre, extent, whole in zip((rows[pick], columns[pick]), size, mask.shape[1:], strict=True)
        )
        return slice(top, top + size[0]), slice(left, left + size[1])

    def losses(self, batch: Mapping[str, Any], generator: torch.Generator) -> dict[str, Tensor]:
        """Weighted L1 of values and of gradients, and a small KL term."""
        video, weight = batch["video"], batch["weight"]
        mean, logvar = self.model.moments(video)
        noise = noise_like(mean, generator)
        # A decoder that has seen imperfect latents mends those that a generator makes.
        strength = self.recipe.latent_noise * torch.rand((len(mean), 1, 1, 1, 1), generator=generator).to(mean.device)
        spread = torch.exp(0.5 * logvar) + strength * self.model.latents_std.view(1, -1, 1, 1, 1)
        output = self.model.reconstruct(mean + spread * noise)
        difference = output - video
        value = (difference.abs() * weight).mean() / weight.mean()
        edges = edge_loss(difference, weight)
        kl = 0.5 * (mean.square() + logvar.exp() - 1.0 - logvar).mean()
        loss = value + self.recipe.edge_weight * edges + self.recipe.kl_weight * kl
        return {"loss": loss, "value": value, "edges": edges, "kl": kl}

    def sample(self, step: int, folder: Path) -> dict[str, float]:
        """Reconstruct held-out clips; PSNR of pictures and of condition pictures."""
        rows: dict[str, np.ndarray] = {}
        figures: dict[str, list[float]] = {}
        for index, name in enumerate(block_names(self._layout.clips, HELD_OUT)[:2]):
            block = self._clips[name]
            for stream in block.streams:
                truth = np.asarray(block.stream(stream)[:17])
                output = self._round_trip(truth)
                kind = "rgb" if stream == RGB else "conditions"
                figures.setdefault(f"psnr_{kind}_db", []).append(psnr_db(output, truth))
                if stream == RGB:
                    region = block.foreground()[:17]
                    if region.any():
                        figures.setdefault("psnr_foreground_db", []).append(psnr_db(output, truth, region))
                shown = spread_frames(len(truth), 5)
                rows[f"{index} {stream}"] = truth[shown]
                rows[f"{index} decoded {stream[:3]}"] = output[shown]
        if rows:
            write_sheet(folder / f"{step:06d}.png", contact_sheet(rows))
        return {name: float(np.mean(values)) for name, values in figures.items()}

    def set_statistics(self) -> None:
        """Measure the latents' mean and deviation per channel over pictures of training clips and keep them in the
        model.
        """
        names = block_names(self._layout.clips, TRAIN)
        chosen = names[:: max(1, len(names) // self.recipe.scale_clips)][: self.recipe.scale_clips]
        mean, std = latent_statistics(self.model, [self._clips[name] for name in chosen])
        if isinstance(self.model.model, BlockCodec):
            # Half-way between equal variances and those of the pixels: large components matter more and stay larger.
            std = (std * std.mean()).sqrt()
        self.model.set_latent_statistics(mean, std)

    def _round_trip(self, frames: np.ndarray) -> np.ndarray:
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.precision == "bf16"):
            mean, _ = self.model.moments(video_to_tensor(frames[None]))
            return np.asarray(tensor_to_video(self.model.reconstruct(mean))[0])


def edge_loss(difference: Float[Tensor, "B 3 T H W"], weight: Float[Tensor, "B 1 T H W"]) -> Float[Tensor, ""]:
    """Weighted L1 of the spatial gradients of the difference: what is lost first is a finger's outline."""
    rows = (difference[..., 1:, :] - difference[..., :-1, :]).abs() * weight[..., 1:, :]
    columns = (difference[..., 1:] - difference[..., :-1]).abs() * weight[..., 1:]
    return (rows.mean() + columns.mean()) / weight.mean()


@torch.no_grad()
def latent_statistics(
    model: VideoAutoencoder, blocks: list[FrameBlock]
) -> tuple[Float[Tensor, " C"], Float[Tensor, " C"]]:
    """Mean and deviation per channel of raw latents of the blocks' pictures. Raises ValueError without blocks."""
    if not blocks:
        raise ValueError("the latents' statistics need clips: make scenes and frames first")
    total = squares = torch.zeros(())
    count = 0
    for block in blocks:
        with torch.autocast("cpu", torch.bfloat16):
            mean, _ = model.moments(video_to_tensor(np.asarray(block.stream(RGB))[None]))
        flat = mean.double().transpose(0, 1).flatten(1)
        total = total + flat.sum(dim=1)
        squares = squares + flat.square().sum(dim=1)
        count += flat.shape[1]
    average = total / count
    return average.float(), (squares / count - average.square()).clamp_min(0.0).sqrt().float()
