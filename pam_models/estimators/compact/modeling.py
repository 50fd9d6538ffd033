"""The network: a small residual pyramid, one heatmap per joint, and a head that lifts what lies under the heatmaps."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from pam_models.estimators.compact.configuration import CompactConfig

JOINTS = 21
METRES_PER_UNIT = 0.1


@dataclass(frozen=True)
class CompactOutput:
    """joints_px (B, 21, 2): in the crop; joints_m (B, 21, 3): wrist-relative in the crop's axes; presence (B,): a
    logit.
    """

    joints_px: Tensor
    joints_m: Tensor
    presence: Tensor


class CompactNetwork(nn.Module):
    """From square crops (B, 3, S, S) in [-1, 1] of right hands to joints; about 4 M parameters."""

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.config = config
        first, second, third, fourth = config.widths
        self.stem = nn.Sequential(_conv(3, first, 2), *(_Residual(first) for _ in range(config.blocks[0])))
        self.down2 = nn.Sequential(_conv(first, second, 2), *(_Residual(second) for _ in range(config.blocks[1])))
        self.down3 = nn.Sequential(_conv(second, third, 2), *(_Residual(third) for _ in range(config.blocks[2])))
        self.down4 = nn.Sequential(_conv(third, fourth, 2), *(_Residual(fourth) for _ in range(config.blocks[3])))
        width = config.heatmap_channels
        self.lateral2 = nn.Conv2d(second, width, 1)
        self.lateral3 = nn.Conv2d(third, width, 1)
        self.lateral4 = nn.Conv2d(fourth, width, 1)
        self.fuse = nn.Sequential(_conv(width, width, 1), _Residual(width))
        self.heatmaps = nn.Conv2d(width, JOINTS, 1)
        self.features = nn.Conv2d(width, config.joint_features, 1)
        inputs = JOINTS * (config.joint_features + 2) + fourth
        self.lift = nn.Sequential(
            nn.Linear(inputs, config.hidden),
            nn.GELU(),
            nn.Linear(config.hidden, config.hidden),
            nn.GELU(),
            nn.Linear(config.hidden, JOINTS * 3),
        )
        self.presence = nn.Sequential(nn.Linear(fourth + width, 64), nn.GELU(), nn.Linear(64, 1))

    def forward(self, crops: Tensor) -> CompactOutput:
        """Estimate; the wrist's own row of `joints_m` is zero by construction."""
        low2 = self.down2(self.stem(crops))
        low3 = self.down3(low2)
        low4 = self.down4(low3)
        fused = self.lateral4(low4)
        fused = self.lateral3(low3) + _doubled(fused)
        fused = self.fuse(self.lateral2(low2) + _doubled(fused))
        heat = self.heatmaps(fused).float().flatten(2).softmax(dim=-1)
        position = heat @ self._grid(fused)
        under = torch.einsum("bjn,bcn->bjc", heat, self.features(fused).float().flatten(2))
        pooled = low4.float().mean(dim=(2, 3))
        joints = (
            self.lift(torch.cat([under.flatten(1), position.flatten(1), pooled], dim=1)).float().view(-1, JOINTS, 3)
        )
        joints_m = (joints - joints[:, :1]) * METRES_PER_UNIT
        presence = self.presence(torch.cat([pooled, fused.float().amax(dim=(2, 3))], dim=1)).float()[:, 0]
        half = self.config.input_size / 2
        return CompactOutput((position + 1) * half - 0.5, joints_m, presence)

    @staticmethod
    def _grid(features: Tensor) -> Tensor:
        """Positions (N, 2) of the heatmap's cell centres, the crop spanning [-1, 1]."""
        height, width = features.shape[-2:]
        y = (torch.arange(height, dtype=torch.float32, device=features.device) + 0.5) * (2 / height) - 1
        x = (torch.arange(width, dtype=torch.float32, device=features.device) + 0.5) * (2 / width) - 1
        rows, columns = torch.meshgrid(y, x, indexing="ij")
        return torch.stack([columns.flatten(), rows.flatten()], dim=1)


class _Residual(nn.Module):
    """Two 3x3 convolutions beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.SiLU())
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))
        nn.init.zeros_(self.second[1].weight)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.silu(x + self.second(self.first(x)))


def _conv(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.SiLU()
    )


def _doubled(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
