"""The finisher: what a small video model left soft is drawn anew from the condition videos, at the pixels' resolution.

A narrow transformer that sees cells of four frames by eight by eight pixels knows where a hand is, not where a finger
ends; the condition videos say it to the pixel. The finisher reads the decoded clip, its first frame and whatever
conditions are there, and adds a correction. It belongs to the demo; the published models need none (docs/adr/0070).
"""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from pam_models.autoencoder.frames import tensor_to_video, video_to_tensor
from pam_models.autoencoder.precision import fastest_convolution_dtype
from pam_models.finishing.configuration import FinisherConfig
from pam_models.zoo import weights_file

DEMO_ID = "demo-finisher"
_FOLDED = 12
"""Channels of a colour picture at half resolution with nothing lost: 3 x 2 x 2."""


class ClipFinisher(nn.Module):
    """Residual U-Net, frame by frame, with depthwise convolutions over time; starts as the identity."""

    def __init__(self, config: FinisherConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        read = _FOLDED * (2 + len(config.conditions)) + len(config.conditions)
        self.conv_in = nn.Conv2d(read, widths[0], 3, padding=1)
        self.down = nn.ModuleList(_Level(width, config.blocks) for width in widths)
        self.shrink = nn.ModuleList(nn.Conv2d(fine, coarse, 2, stride=2) for fine, coarse in pairwise(widths))
        self.grow = nn.ModuleList(nn.Conv2d(coarse, 4 * fine, 1) for fine, coarse in pairwise(widths))
        self.up = nn.ModuleList(_Level(width, config.blocks) for width in widths[:-1])
        self.norm_out = nn.LayerNorm(widths[0])
        self.conv_out = nn.Conv2d(widths[0], 2 * _FOLDED, 3, padding=1)
        nn.init.zeros_(self.conv_out.weight)
        assert self.conv_out.bias is not None
        nn.init.zeros_(self.conv_out.bias)

    def forward(
        self,
        clip: Float[Tensor, "B T 3 H W"],
        first_frame: Float[Tensor, "B 3 H W"],
        conditions: Mapping[str, Float[Tensor, "B T 3 H W"]],
        present: Mapping[str, Float[Tensor, " B"]] | None = None,
    ) -> Float[Tensor, "B T 3 H W"]:
        """Return the finished clip; all values near [-1, 1]. Conditions may be any subset of the model's.

        `present` is 1 or 0 per clip where a batch has a condition for some of its clips; those without it read zeros.
        """
        features = self._features(clip, first_frame, conditions, present)
        frames = clip.shape[1]
        output = self.conv_out(_normed(self.norm_out, self._through(self.conv_in(features), frames))).float()
        correction, still = (_unfold(part, frames) for part in output.chunk(2, dim=1))
        finished: Tensor = clip + correction + still * (first_frame[:, None] - clip)
        return finished

    @torch.inference_mode()
    def finish(
        self,
        clip: UInt8[np.ndarray, "B T H W 3"],
        first_frame: UInt8[np.ndarray, "B H W 3"],
        conditions: Mapping[str, UInt8[np.ndarray, "B T H W 3"]],
        strengths: Mapping[str, float] | None = None,
    ) -> UInt8[np.ndarray, "B T H W 3"]:
        """Finish clips; conditions that the model does not know are not looked at, and neither are those of strength 0.

        A strength multiplies its condition's picture, as it does the latents of the video model. Raises ValueError
        where a side is no multiple of the model's stride.
        """
        height, width = clip.shape[2:4]
        if height % self.config.stride or width % self.config.stride:
            raise ValueError(
                f"the finisher takes sides in multiples of {self.config.stride}, got {height}x{width}; "
                "set video.finish to false"
            )
        weights = strengths or {}
        device = self.conv_in.weight.device
        read = {
            name: _as_clip(conditions[name], device) * weights.get(name, 1.0)
            for name in self.config.conditions
            if name in conditions and weights.get(name, 1.0) != 0.0
        }
        first = _as_clip(first_frame[:, None], device)[:, 0]
        return tensor_to_video(self(_as_clip(clip, device), first, read).transpose(1, 2))

    def _features(
        self,
        clip: Float[Tensor, "B T 3 H W"],
        first_frame: Float[Tensor, "B 3 H W"],
        conditions: Mapping[str, Float[Tensor, "B T 3 H W"]],
        present: Mapping[str, Float[Tensor, " B"]] | None,
    ) -> Float[Tensor, "N C h w"]:
        """All that is read, a picture a frame at half resolution, and for each condition whether it is there."""
        read, told = [clip, first_frame[:, None].expand_as(clip)], []
        for name in self.config.conditions:
            if name not in conditions:
                told.append(clip.new_zeros(len(clip)))
                read.append(torch.zeros_like(clip))
                continue
            there = clip.new_ones(len(clip)) if present is None else present[name].to(clip)
            told.append(there)
            read.append(conditions[name] * there[:, None, None, None, None])
        folded = [_fold(part) for part in read]
        height, width = folded[0].shape[-2:]
        flags = torch.stack(told, dim=1).repeat_interleave(clip.shape[1], dim=0)[:, :, None, None]
        features = torch.cat([*folded, flags.expand(-1, -1, height, width)], dim=1)
        return features.to(self.conv_in.weight.dtype, memory_format=torch.channels_last)

    def _through(self, hidden: Tensor, frames: int) -> Tensor:
        passed = []
        for index, level in enumerate(self.down):
            hidden = level(hidden, frames)
            if index < len(self.shrink):
                passed.append(hidden)
                hidden = self.shrink[index](hidden)
        for index in reversed(range(len(self.up))):
            hidden = passed[index] + nn.functional.pixel_shuffle(self.grow[index](hidden), 2)
            hidden = self.up[index](hidden, frames)
        return hidden

    def save(self, directory: Path) -> Path:
        """Write ``weights.safetensors`` (configuration inside) into `directory` and return its path."""
        return weights_file.write_model(directory / weights_file.FILE_NAME, self, self.config)

    @classmethod
    def load(cls, source: str | Path = "demo", device: torch.device | str = "cpu") -> "ClipFinisher":
        """Load "demo" (the weights that ship) or a saved folder or file, in this processor's fastest format.

        Raises WeightsError where the file is absent, altered or does not fit.
        """
        model = weights_file.load_model(cls, source, DEMO_ID, FinisherConfig)
        return model.to(device, fastest_convolution_dtype(device))


class _Block(nn.Module):
    """Neighbours in time, then two convolutions in space; starts as the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.over_time = nn.Conv1d(width, width, 3, padding=1, groups=width)
        self.norm = nn.LayerNorm(width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        for layer in (self.over_time, self.second):
            nn.init.zeros_(layer.weight)
            assert layer.bias is not None
            nn.init.zeros_(layer.bias)

    def forward(self, hidden: Tensor, frames: int) -> Tensor:
        hidden = hidden + self._neighbours(hidden, frames)
        output: Tensor = hidden + self.second(nn.functional.silu(self.first(_normed(self.norm, hidden))))
        return output

    def _neighbours(self, hidden: Tensor, frames: int) -> Tensor:
        """The depthwise convolution over time as three weighted shifts of whole rows of pixels, which processors do
        several times faster; channels come last in memory.
        """
        count, channels, height, width = hidden.shape
        rows = hidden.permute(0, 2, 3, 1).reshape(-1, frames, height, width * channels)
        assert self.over_time.bias is not None
        before, same, after = (weight.repeat(width) for weight in self.over_time.weight[:, 0].unbind(-1))
        mixed = torch.addcmul(self.over_time.bias.repeat(width), rows, same)
        mixed[:, 1:].addcmul_(rows[:, :-1], before)
        mixed[:, :-1].addcmul_(rows[:, 1:], after)
        return mixed.reshape(count, height, width, channels).permute(0, 3, 1, 2)


def _normed(norm: nn.LayerNorm, hidden: Float[Tensor, "N C h w"]) -> Float[Tensor, "N C h w"]:
    """Over the channels; a change of strides and no copy where channels come last in memory."""
    evened: Tensor = norm(hidden.permute(0, 2, 3, 1))
    return evened.permute(0, 3, 1, 2)


def _as_clip(video: UInt8[np.ndarray, "B T H W 3"], device: torch.device) -> Float[Tensor, "B T 3 H W"]:
    return video_to_tensor(video, device).transpose(1, 2)


class _Level(nn.ModuleList):
    """Blocks of one resolution, one after the other."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__(_Block(width) for _ in range(blocks))

    def forward(self, hidden: Tensor, frames: int) -> Tensor:
        for block in self:
            hidden = block(hidden, frames)
        return hidden


def _fold(video: Float[Tensor, "B T 3 H W"]) -> Tensor:
    return nn.functional.pixel_unshuffle(video.flatten(0, 1), 2)


def _unfold(residual: Tensor, frames: int) -> Float[Tensor, "B T 3 H W"]:
    return rearrange(nn.functional.pixel_shuffle(residual, 2), "(b t) c h w -> b t c h w", t=frames)
