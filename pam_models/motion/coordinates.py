"""Joints as numbers instead of pictures: a perceptron over 2-D coordinates (supplementary, Table 5)."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn


class CoordinateEncoder(nn.Module):
    """Joint coordinates of the pixel frames behind one latent frame to one vector, which all of its tokens receive.

    The first latent frame stands for one pixel frame, repeated to `frames_per_latent`. Positions in the picture reach
    the tokens through their own position embedding. All-zero rows (nothing seen) are the null input.
    """

    def __init__(self, points: int, frames_per_latent: int, dim: int) -> None:
        super().__init__()
        self.points = points
        self.frames_per_latent = frames_per_latent
        self.layers = nn.Sequential(
            nn.Linear(3 * points * frames_per_latent, dim),
            nn.SiLU(),
            nn.Linear(dim, dim),
            nn.SiLU(),
            nn.Linear(dim, dim),
        )

    def forward(self, coordinates: Float[Tensor, "B T P 3"]) -> Float[Tensor, "B F D"]:
        """Encode T = 4k+1 frames of (x, y, seen) rows, one vector for each latent frame.

        Raises ValueError for another count of frames or points.
        """
        batch, frames, points, _ = coordinates.shape
        if points != self.points or (frames - 1) % self.frames_per_latent:
            raise ValueError(
                f"coordinates must be (B, {self.frames_per_latent}k+1, {self.points}, 3), "
                f"got {tuple(coordinates.shape)}"
            )
        first = coordinates[:, :1].expand(-1, self.frames_per_latent, -1, -1)
        grouped = torch.cat([first, coordinates[:, 1:]], dim=1).reshape(batch, -1, self.frames_per_latent * points * 3)
        encoded: Tensor = self.layers(grouped)
        return encoded


def coordinate_input(joints_px: Float[np.ndarray, "B T P 2"], width: int, height: int) -> Float[Tensor, "B T P 3"]:
    """Scale pixels to [-1, 1] over the picture and mark the joints within it; others, and nan, are zero rows."""
    scale = np.array([width, height], np.float64)
    placed = (np.asarray(joints_px, np.float64) + 0.5) / scale * 2 - 1
    seen = np.asarray((np.abs(np.nan_to_num(placed, nan=np.inf)) <= 1).all(-1))
    rows = np.concatenate([placed, np.ones((*placed.shape[:-1], 1))], axis=-1)
    return torch.from_numpy(np.where(seen[..., None], rows, 0.0).astype(np.float32))
