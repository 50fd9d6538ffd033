"""Stand-ins without weights: small convolutional networks with random values from a fixed seed.

Random convolutions keep enough of colour, texture and motion to tell sets of clips apart, and give the same numbers
everywhere, so builds can be compared with each other where nobody has the licensed weights. Their numbers mean nothing
beside published ones, which is why their names stand in the metric: `fvd[random-r3d-seed0]`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor, nn

SIDE_PX = 64
WIDTHS = (16, 32, 64, 64)
SEED = 0
FRAMES_AT_ONCE = 64


class RandomVideoFeatures:
    """One row of 64 features for a clip: four 3-D convolutions on 64 x 64 pixels, mean over space and time."""

    extractor_id = f"random-r3d-seed{SEED}"
    fewest_frames = 5

    def __init__(self) -> None:
        kernel, stride, padding = (3, 5, 5), ((1, 2, 2), (2, 2, 2), (2, 2, 2), (2, 2, 2)), (1, 2, 2)
        inputs = (3, *WIDTHS[:-1])
        layers = [
            nn.Conv3d(i, o, kernel, s, padding, bias=False) for i, o, s in zip(inputs, WIDTHS, stride, strict=True)
        ]
        self._layers = _seeded(layers)

    def features(self, frames: UInt8[np.ndarray, "T H W 3"]) -> Float32[np.ndarray, "1 64"]:
        """Features of one clip of at least five frames. Raises ValueError for shorter ones."""
        if len(frames) < self.fewest_frames:
            raise ValueError(f"video features need at least {self.fewest_frames} frames; got {len(frames)}")
        small = torch.cat([_small(frames[t : t + FRAMES_AT_ONCE]) for t in range(0, len(frames), FRAMES_AT_ONCE)])
        x = small.permute(1, 0, 2, 3)[None]
        with torch.inference_mode():
            for layer in self._layers:
                x = nn.functional.leaky_relu(layer(x), 0.1)
            return x.mean(dim=(2, 3, 4)).numpy()


class RandomImageFeatures:
    """One row of 64 features for each frame: four 2-D convolutions on 64 x 64 pixels, mean over space."""

    extractor_id = f"random-conv2d-seed{SEED}"

    def __init__(self) -> None:
        layers = [nn.Conv2d(i, o, 5, 2, 2, bias=False) for i, o in zip((3, *WIDTHS[:-1]), WIDTHS, strict=True)]
        self._layers = _seeded(layers)

    def features(self, frames: UInt8[np.ndarray, "T H W 3"]) -> Float32[np.ndarray, "T 64"]:
        """Features of every frame."""
        found = []
        with torch.inference_mode():
            for start in range(0, len(frames), FRAMES_AT_ONCE):
                x = _small(frames[start : start + FRAMES_AT_ONCE])
                for layer in self._layers:
                    x = nn.functional.leaky_relu(layer(x), 0.1)
                found.append(x.mean(dim=(2, 3)).numpy())
        return np.concatenate(found)


def _small(frames: UInt8[np.ndarray, "T H W 3"]) -> Float[Tensor, "T 3 64 64"]:
    pictures = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1.0
    return nn.functional.interpolate(pictures, (SIDE_PX, SIDE_PX), mode="bilinear", antialias=True)


def _seeded(layers: Sequence[nn.Module]) -> Sequence[nn.Module]:
    generator = torch.Generator().manual_seed(SEED)
    for layer in layers:
        weight = layer.weight
        assert isinstance(weight, Tensor)
        with torch.no_grad():
            weight.copy_(torch.randn(weight.shape, generator=generator) * math.sqrt(2 / weight[0].numel()))
        layer.eval()
    return layers
