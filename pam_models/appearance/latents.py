"""Picture latents as Flux's tokens: published are 2x2 patches of 16 channels, tokens of 64."""

import torch
from jaxtyping import Float
from torch import Tensor

PUBLISHED_PATCH = 2


def pack(latents: Float[Tensor, "B C h w"], patch: int = PUBLISHED_PATCH) -> Float[Tensor, "B N C4"]:
    """Put each square patch into one token, channel first. Raises ValueError for sides that it does not divide."""
    height, width = latents.shape[2:]
    if height % patch or width % patch:
        raise ValueError(
            f"latents of {height}x{width} cannot be packed: both sides must be multiples of {patch} "
            f"(pictures: of {8 * patch})"
        )
    batch, channels = latents.shape[:2]
    patches = latents.reshape(batch, channels, height // patch, patch, width // patch, patch)
    return patches.permute(0, 2, 4, 1, 3, 5).flatten(3, 5).flatten(1, 2)


def unpack(
    tokens: Float[Tensor, "B N C4"], height: int, width: int, patch: int = PUBLISHED_PATCH
) -> Float[Tensor, "B C h w"]:
    """Undo `pack`, to latents of `height` x `width`."""
    patches = tokens.reshape(tokens.shape[0], height // patch, width // patch, -1, patch, patch)
    return patches.permute(0, 3, 1, 4, 2, 5).flatten(4, 5).flatten(2, 3)


def picture_ids(
    height: int, width: int, device: torch.device | str = "cpu", patch: int = PUBLISHED_PATCH
) -> Float[Tensor, "N 3"]:
    """Return (0, row, column) for every token of latents of `height` x `width`."""
    rows, columns = torch.meshgrid(torch.arange(height // patch), torch.arange(width // patch), indexing="ij")
    ids = torch.stack([torch.zeros_like(rows), rows, columns], dim=-1)
    return ids.reshape(-1, 3).float().to(device)


def text_ids(length: int, device: torch.device | str = "cpu") -> Float[Tensor, "L 3"]:
    """Return zeros: text tokens have no position."""
    return torch.zeros(length, 3, device=device)
