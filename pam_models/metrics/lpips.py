"""LPIPS: perceptual distance of two pictures by the activations of AlexNet.

Source: Zhang et al. 2018, version 0.1 with AlexNet: pictures in -1..1, fixed shift and scale of the channels, unit
length across channels after each of the five ReLUs, weighted squared differences, mean over space, sum over layers.
Units: none, 0 for equal pictures. A clip's value is the mean over its frames.

The weights are the user's: a safetensors file with torchvision's AlexNet as `features.N.weight` and LPIPS' own linear
layers as `linN.model.1.weight`. Without a file a stand-in with random weights from a fixed seed and equal linear
layers takes their place and stands in the metric's name. Limits: the stand-in ranks strong and weak distortions, but
its numbers mean nothing beside published ones; pictures must be at least 64 pixels a side.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from safetensors import SafetensorError
from safetensors.torch import load
from torch import Tensor, nn

STAND_IN = "random-alexnet-seed0"
SMALLEST_PX = 64
SHIFT = (-0.030, -0.088, -0.188)
SCALE = (0.458, 0.448, 0.450)
# Place among torchvision's features: inputs, outputs, kernel, stride, padding.
CONVOLUTIONS = {
    0: (3, 64, 11, 4, 2),
    3: (64, 192, 5, 1, 2),
    6: (192, 384, 3, 1, 1),
    8: (384, 256, 3, 1, 1),
    10: (256, 256, 3, 1, 1),
}
EPSILON = 1e-10
BATCH = 16


class LpipsAlex(nn.Module):
    """AlexNet's convolutions under torchvision's names, and one linear layer for each of the five activations."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.ModuleDict(
            {
                str(place): nn.Conv2d(inputs, outputs, size, stride, padding)
                for place, (inputs, outputs, size, stride, padding) in CONVOLUTIONS.items()
            }
        )
        self.linear = nn.ParameterList(torch.ones(c[1]) / c[1] for c in CONVOLUTIONS.values())

    def forward(self, one: Float[Tensor, "B 3 H W"], other: Float[Tensor, "B 3 H W"]) -> Float[Tensor, " B"]:
        """Distances of pictures in -1..1."""
        total = torch.zeros(len(one), device=one.device)
        for weight, first, second in zip(self.linear, self._activations(one), self._activations(other), strict=True):
            difference = (_unit(first) - _unit(second)) ** 2
            total = total + (difference * weight[:, None, None]).sum(dim=1).mean(dim=(1, 2))
        return total

    def _activations(self, pictures: Tensor) -> list[Tensor]:
        shift, scale = (torch.tensor(values, device=pictures.device)[:, None, None] for values in (SHIFT, SCALE))
        found, x = [], (pictures - shift) / scale
        for place, convolution in self.features.items():
            if place in ("3", "6"):
                x = nn.functional.max_pool2d(x, 3, 2)
            x = nn.functional.relu(convolution(x))
            found.append(x)
        return found


class Lpips:
    """LPIPS with the user's weights, or with the named stand-in."""

    def __init__(self, weights: Path | None = None, device: str = "cpu") -> None:
        """Raises ValueError for a file that does not hold AlexNet and the linear layers."""
        self._device = device
        self._model = LpipsAlex()
        if weights is None:
            self.extractor_id = STAND_IN
            _randomise(self._model)
        else:
            self.extractor_id = _load(self._model, weights)
        self._model.eval().to(device)

    def distances(
        self, pred: UInt8[np.ndarray, "T H W 3"], true: UInt8[np.ndarray, "T H W 3"]
    ) -> Float[np.ndarray, " T"]:
        """The distance of each pair of pictures. Raises ValueError when shapes differ or pictures are too small."""
        if pred.shape != true.shape:
            raise ValueError(f"LPIPS needs two equal shapes; got {pred.shape} and {true.shape}")
        if min(pred.shape[1:3]) < SMALLEST_PX:
            raise ValueError(f"LPIPS needs at least {SMALLEST_PX} pixels a side; got {pred.shape[2]}x{pred.shape[1]}")
        found = []
        with torch.inference_mode():
            for start in range(0, len(pred), BATCH):
                pair = (self._tensor(side[start : start + BATCH]) for side in (pred, true))
                found.append(self._model(*pair).cpu().numpy())
        return np.concatenate(found)

    def _tensor(self, pictures: UInt8[np.ndarray, "B H W 3"]) -> Float[Tensor, "B 3 H W"]:
        return torch.from_numpy(pictures).to(self._device).permute(0, 3, 1, 2).float() / 127.5 - 1.0


def _unit(x: Tensor) -> Tensor:
    return x / (torch.sqrt((x**2).sum(dim=1, keepdim=True)) + EPSILON)


def _randomise(model: LpipsAlex) -> None:
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for convolution in model.features.values():
            assert isinstance(convolution, nn.Conv2d) and convolution.bias is not None
            fan_in = convolution.weight[0].numel()
            convolution.weight.copy_(torch.randn(convolution.weight.shape, generator=generator) * (2 / fan_in) ** 0.5)
            convolution.bias.zero_()


def _load(model: LpipsAlex, path: Path) -> str:
    try:
        data = path.read_bytes()
        tensors = load(data)
    except (OSError, SafetensorError) as error:
        raise ValueError(f"{path}: is no readable safetensors file ({error}); give LPIPS' weights as one") from error
    given = {name: tensor for name, tensor in tensors.items() if name.startswith("features.")}
    for layer in range(len(CONVOLUTIONS)):
        name = f"lin{layer}.model.1.weight"
        if name not in tensors:
            raise ValueError(f"{path}: holds no {name}; LPIPS' linear layers belong beside AlexNet's features")
        given[f"linear.{layer}"] = tensors[name].reshape(-1)
    try:
        model.load_state_dict({name: tensor.float() for name, tensor in given.items()})
    except RuntimeError as error:
        raise ValueError(f"{path}: does not hold AlexNet ({' '.join(str(error).split())[:200]})") from error
    return f"alex-{hashlib.sha256(data).hexdigest()[:12]}"
