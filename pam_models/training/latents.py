"""Latents, computed once: the generators train on them and never touch the autoencoder again.

The folder is named after the hash of the autoencoder's weights and each file after the block it was made from, so other
weights never meet old latents. Only the streams that a model reads are encoded.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from pam_models.autoencoder.frames import video_to_tensor
from pam_models.autoencoder.modeling import VideoAutoencoder
from pam_models.training.caching import in_time, write_arrays
from pam_models.training.frame_store import RGB, FrameBlock, block_names, load_block
from pam_models.training.layout import RunLayout

log = logging.getLogger(__name__)

_PICTURES_AT_ONCE = 16
_SPATIAL = 8


@dataclass(frozen=True)
class ClipLatents:
    """latents: per stream (F, C, h, w) float16; first: of the stream's first frame alone (1, C, h, w);
    foreground (F, h, w): share of hand and object pixels; prompt."""

    latents: dict[str, np.ndarray]
    first: dict[str, np.ndarray]
    foreground: np.ndarray
    prompt: str

    @property
    def bytes(self) -> int:
        """Size in memory."""
        return sum(array.nbytes for array in (*self.latents.values(), *self.first.values(), self.foreground))


@dataclass(frozen=True)
class PictureLatents:
    """latents (N, C, h, w) float16 of the pictures of a block; foreground (N, h, w); prompts."""

    latents: np.ndarray
    foreground: np.ndarray
    prompts: tuple[str, ...]


def load_trained_autoencoder(layout: RunLayout) -> tuple[VideoAutoencoder, str]:
    """The autoencoder of this run and the hash of its file. Raises FileNotFoundError where it is not finished."""
    path = layout.weights("autoencoder")
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist: train the autoencoder to its end (or export it) first")
    return VideoAutoencoder.load(path), hashlib.sha256(path.read_bytes()).hexdigest()


def cache_latents(
    layout: RunLayout,
    model: VideoAutoencoder,
    digest: str,
    streams: Sequence[str],
    minutes: float | None = None,
    *,
    source: str = "physics",
    pictures: bool = True,
) -> int:
    """Encode the clips of a source of scenes, and the pictures if wanted, that have no latents of this autoencoder yet;
    returns how many are still to do.

    Of clips, the pictures and `streams` alone are encoded: no stream, no clips. `digest` is the hash of the
    autoencoder's file. May be stopped and run again.
    """
    folder = layout.latents(digest)
    clips = [name for name in block_names(layout.clips) if name.split("-")[1] == source] if streams else []
    work = [(layout.clips, name) for name in clips]
    work += [(layout.pictures, name) for name in block_names(layout.pictures)] if pictures else []
    wanted = {layout.clips: (RGB, *streams), layout.pictures: ("latents",)}
    todo = [(origin, name) for origin, name in work if not _holds(folder / f"{name}.npz", wanted[origin])]
    log.info("latents: %d of %d blocks are there, in %s", len(work) - len(todo), len(work), folder)
    left = len(todo)
    for origin, name in in_time(todo, minutes, "latents"):
        block = load_block(origin, name)
        arrays = _clip_arrays(model, block, streams) if origin == layout.clips else _picture_arrays(model, block)
        write_arrays(folder / f"{name}.npz", arrays)
        left -= 1
    if not left:
        log.info("latents: all %d blocks encoded", len(work))
    return left


def load_clip_latents(path: Path) -> ClipLatents:
    """Read a clip's latents."""
    with np.load(path, allow_pickle=False) as data:
        streams = [name for name in data.files if "." not in name and name not in {"foreground", "prompt"}]
        return ClipLatents(
            {name: data[name] for name in streams}, {name: data[f"{name}.first"] for name in streams},
            data["foreground"], str(data["prompt"]),
        )  # fmt: skip


def load_picture_latents(path: Path) -> PictureLatents:
    """Read the latents of a block of pictures."""
    with np.load(path, allow_pickle=False) as data:
        return PictureLatents(data["latents"], data["foreground"], tuple(str(prompt) for prompt in data["prompts"]))


def foreground_share(mask: np.ndarray, frames_per_latent: int) -> np.ndarray:
    """Share of marked pixels under each latent cell: (T, H, W) bool to (F, H/8, W/8); the first frame stands alone
    in time.
    """
    frames, height, width = mask.shape
    cells = mask.reshape(frames, height // _SPATIAL, _SPATIAL, width // _SPATIAL, _SPATIAL).mean(axis=(2, 4))
    if frames == 1:
        return np.asarray(cells)
    later = cells[1:].reshape(-1, frames_per_latent, *cells.shape[1:]).mean(axis=1)
    return np.concatenate([cells[:1], later])


def _clip_arrays(model: VideoAutoencoder, block: FrameBlock, streams: Sequence[str]) -> dict[str, np.ndarray]:
    arrays: dict[str, np.ndarray] = {}
    for name in dict.fromkeys((RGB, *streams)):
        video = np.asarray(block.stream(name))[None]
        latents = model.encode(video)[0].transpose(0, 1)
        arrays[name] = latents.half().numpy()
        arrays[f"{name}.first"] = model.encode(video[:, :1])[0].transpose(0, 1).half().numpy()
    per_latent = (len(block) - 1) // (len(arrays[RGB]) - 1)
    arrays["foreground"] = foreground_share(block.foreground(), per_latent).astype(np.float16)
    arrays["prompt"] = np.array(block.prompts[0])
    return arrays


@torch.inference_mode()
def _picture_arrays(model: VideoAutoencoder, block: FrameBlock) -> dict[str, np.ndarray]:
    parts: list[Float[Tensor, "b C h w"]] = []
    pictures = block.stream(RGB)
    for start in range(0, len(block), _PICTURES_AT_ONCE):
        video = video_to_tensor(np.asarray(pictures[start : start + _PICTURES_AT_ONCE])[:, None])
        parts.append(model.normalise(model.moments(video)[0])[:, :, 0].half())
    share = np.concatenate([foreground_share(mask[None], 1) for mask in block.foreground()])
    return {
        "latents": torch.cat(parts).numpy(),
        "foreground": share.astype(np.float16),
        "prompts": np.array(block.prompts),
    }


def _holds(path: Path, arrays: Sequence[str]) -> bool:
    if not path.is_file():
        return False
    with np.load(path, allow_pickle=False) as data:
        return set(arrays) <= set(data.files)
