"""A feature extractor of the user's as a TorchScript file.

Two calls are understood, told apart by the names of the file's own arguments:

- `forward(x, ..., return_features)`, the I3D and Inception exports that most FVD and FID code uses: clips
  (1, 3, T, H, W) as float 0..255 with `rescale` and `resize` on where the file has them, or frames (B, 3, H, W), uint8;
- `forward(x)`: clips (1, 3, T, 224, 224) or frames (B, 3, 299, 299), float, -1..1.

The file's hash stands in the metric's name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor, nn

from pam_models.metrics.torchscript_file import load_torchscript

PLAIN_SIDE_PX = {"video": 224, "image": 299}
FRAMES_AT_ONCE = 16
FLAGS = ("rescale", "resize", "return_features")


class TorchscriptFeatures:
    """Features of clips (`kind` video) or of frames (`kind` image) by the user's network."""

    def __init__(self, path: Path, kind: Literal["video", "image"], device: str = "cpu") -> None:
        """Raises ValueError for a file that is no TorchScript."""
        self._model, self.extractor_id = load_torchscript(path, device)
        self._kind, self._device = kind, device
        schema = self._model.forward.schema  # type: ignore[attr-defined]
        names = [argument.name for argument in schema.arguments]
        self._flags = {name: True for name in FLAGS if name in names}

    def features(self, frames: UInt8[np.ndarray, "T H W 3"]) -> Float32[np.ndarray, "M D"]:
        """Features of one clip. Raises ValueError when the answer is no row for each input."""
        with torch.inference_mode():
            if self._kind == "video":
                return self._answer(self._clip(frames), 1)
            starts = range(0, len(frames), FRAMES_AT_ONCE)
            batches = (frames[start : start + FRAMES_AT_ONCE] for start in starts)
            return np.concatenate([self._answer(self._pictures(batch), len(batch)) for batch in batches])

    def _answer(self, given: Tensor, rows: int) -> Float32[np.ndarray, "M D"]:
        found = self._model(given.to(self._device), **self._flags).float().cpu()
        if len(found) != rows:
            raise ValueError(f"the extractor answered with shape {tuple(found.shape)} for {rows} inputs")
        return np.asarray(found.reshape(rows, -1).numpy(), np.float32)

    def _clip(self, frames: UInt8[np.ndarray, "T H W 3"]) -> Tensor:
        if "return_features" in self._flags:
            return torch.from_numpy(frames).permute(3, 0, 1, 2)[None].float()
        return self._plain(frames).permute(1, 0, 2, 3)[None]

    def _pictures(self, frames: UInt8[np.ndarray, "B H W 3"]) -> Tensor:
        if "return_features" in self._flags:
            return torch.from_numpy(frames).permute(0, 3, 1, 2)
        return self._plain(frames)

    def _plain(self, frames: UInt8[np.ndarray, "B H W 3"]) -> Tensor:
        side = PLAIN_SIDE_PX[self._kind]
        pictures = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1.0
        return nn.functional.interpolate(pictures, (side, side), mode="bilinear", antialias=True)
