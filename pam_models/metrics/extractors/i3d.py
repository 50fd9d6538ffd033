"""I3D (Carreira and Zisserman 2017) with the tensor names of the public PyTorch port, for weights in safetensors.

FVD's features are the 400 logits of the RGB network trained on Kinetics, averaged over time (Unterthiner et al. 2018).
The weights are the user's: the port's `rgb_imagenet.pt` saved again as safetensors. Clips are shown at 224 x 224
pixels, stretched, in -1..1. Limits: the names and shapes are the port's, and no official weights were at hand to
compare with.
"""

from __future__ import annotations

import hashlib
import math
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

SIDE_PX = 224
FEWEST_FRAMES = 9
CLASSES = 400
Size = tuple[int, int, int]
# Inception block: inputs, then the widths of its four branches: 1x1; 1x1 to 3x3; 1x1 to 3x3; pool to 1x1.
BLOCKS: dict[str, tuple[int, int, int, int, int, int, int]] = {
    "Mixed_3b": (192, 64, 96, 128, 16, 32, 32),
    "Mixed_3c": (256, 128, 128, 192, 32, 96, 64),
    "Mixed_4b": (480, 192, 96, 208, 16, 48, 64),
    "Mixed_4c": (512, 160, 112, 224, 24, 64, 64),
    "Mixed_4d": (512, 128, 128, 256, 24, 64, 64),
    "Mixed_4e": (512, 112, 144, 288, 32, 64, 64),
    "Mixed_4f": (528, 256, 160, 320, 32, 128, 128),
    "Mixed_5b": (832, 256, 160, 320, 32, 128, 128),
    "Mixed_5c": (832, 384, 192, 384, 48, 128, 128),
}
POOLED_BEFORE: dict[str, tuple[Size, Size]] = {
    "Conv3d_2b_1x1": ((1, 3, 3), (1, 2, 2)),
    "Mixed_3b": ((1, 3, 3), (1, 2, 2)),
    "Mixed_4b": ((3, 3, 3), (2, 2, 2)),
    "Mixed_5b": ((2, 2, 2), (2, 2, 2)),
}


def same_padding(x: Tensor, kernel: Size, stride: Size) -> Tensor:
    """Zeros around (B, C, T, H, W) so that a strided window covers it as TensorFlow's SAME does, more at the end."""
    wanted: list[int] = []
    for size, k, s in zip(reversed(x.shape[2:]), reversed(kernel), reversed(stride), strict=True):
        missing = max((math.ceil(size / s) - 1) * s + k - size, 0)
        wanted += [missing // 2, missing - missing // 2]
    return nn.functional.pad(x, wanted)


def pooled(x: Tensor, kernel: Size, stride: Size) -> Tensor:
    """Maximum over windows with SAME padding; what is padded is zero, as in the original after its ReLUs."""
    return nn.functional.max_pool3d(same_padding(x, kernel, stride), kernel, stride)


class Unit3D(nn.Module):
    """Convolution with SAME padding, batch normalisation and ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self._kernel, self._stride = (kernel,) * 3, (stride,) * 3
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=1e-3, momentum=0.01)

    def forward(self, x: Float[Tensor, "B C T H W"]) -> Float[Tensor, "B D t h w"]:
        """The unit's activations."""
        return nn.functional.relu(self.bn(self.conv3d(same_padding(x, self._kernel, self._stride))))


class InceptionBlock(nn.Module):
    """Four branches side by side, concatenated over channels."""

    def __init__(self, inputs: int, a: int, b_in: int, b: int, c_in: int, c: int, d: int) -> None:
        super().__init__()
        self.b0 = Unit3D(inputs, a, 1)
        self.b1a, self.b1b = Unit3D(inputs, b_in, 1), Unit3D(b_in, b, 3)
        self.b2a, self.b2b = Unit3D(inputs, c_in, 1), Unit3D(c_in, c, 3)
        self.b3b = Unit3D(inputs, d, 1)

    def forward(self, x: Float[Tensor, "B C T H W"]) -> Float[Tensor, "B D T H W"]:
        """The four branches' activations."""
        around = self.b3b(pooled(x, (3, 3, 3), (1, 1, 1)))
        return torch.cat([self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), around], dim=1)


class Logits(nn.Module):
    """The last linear layer, averaged over what is left of time and space."""

    def __init__(self) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(1024, CLASSES, 1)

    def forward(self, x: Float[Tensor, "B 1024 t h w"]) -> Float[Tensor, "B 400"]:
        """Mean logits."""
        found: Tensor = self.conv3d(x)
        return found.mean(dim=(2, 3, 4))


class InceptionI3d(nn.Module):
    """The RGB network up to its logits."""

    def __init__(self) -> None:
        super().__init__()
        self.Conv3d_1a_7x7 = Unit3D(3, 64, 7, 2)
        self.Conv3d_2b_1x1 = Unit3D(64, 64, 1)
        self.Conv3d_2c_3x3 = Unit3D(64, 192, 3)
        for name, widths in BLOCKS.items():
            self.add_module(name, InceptionBlock(*widths))
        self.logits = Logits()

    def forward(self, clip: Float[Tensor, "B 3 T 224 224"]) -> Float[Tensor, "B 400"]:
        """Logits of clips in -1..1, averaged over time."""
        x = clip
        for name, layer in self.named_children():
            if name == "logits":
                break
            if name in POOLED_BEFORE:
                x = pooled(x, *POOLED_BEFORE[name])
            x = layer(x)
        found: Tensor = self.logits(nn.functional.avg_pool3d(x, (2, 7, 7), 1))
        return found


class I3dFeatures:
    """FVD's features of a clip, with the user's weights."""

    def __init__(self, weights: Path, device: str = "cpu") -> None:
        """Raises ValueError for a file that does not hold the network's tensors."""
        try:
            data = weights.read_bytes()
            tensors = load(data)
        except (OSError, SafetensorError) as error:
            raise ValueError(f"{weights}: is no readable safetensors file ({error})") from error
        self._model, self._device = InceptionI3d(), device
        own = self._model.state_dict()
        counters = {name: tensor for name, tensor in own.items() if name.endswith("num_batches_tracked")}
        try:
            self._model.load_state_dict({**counters, **tensors})
        except RuntimeError as error:
            reason = " ".join(str(error).split())[:200]
            raise ValueError(f"{weights}: does not hold I3D under the public port's names ({reason})") from error
        self._model.eval().to(device)
        self.extractor_id = f"i3d-{hashlib.sha256(data).hexdigest()[:12]}"

    def features(self, frames: UInt8[np.ndarray, "T H W 3"]) -> Float32[np.ndarray, "1 400"]:
        """Features of one clip of at least nine frames. Raises ValueError for shorter ones."""
        if len(frames) < FEWEST_FRAMES:
            raise ValueError(f"I3D needs at least {FEWEST_FRAMES} frames; got {len(frames)}")
        pictures = torch.from_numpy(frames).permute(0, 3, 1, 2).float() / 127.5 - 1.0
        small = nn.functional.interpolate(pictures, (SIDE_PX, SIDE_PX), mode="bilinear", antialias=True)
        with torch.inference_mode():
            found = self._model(small.permute(1, 0, 2, 3)[None].to(self._device))
        return np.asarray(found.float().cpu().numpy(), np.float32)
