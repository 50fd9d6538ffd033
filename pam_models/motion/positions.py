"""Rotary positions of a clip's tokens."""

from collections.abc import Sequence

import torch
from diffusers.models.embeddings import get_3d_rotary_pos_embed
from jaxtyping import Float
from torch import Tensor

from pam_models.motion.configuration import TransformerConfig


def rotary_positions(
    settings: TransformerConfig,
    frames: int,
    height: int,
    width: int,
    device: torch.device | str = "cpu",
    moments: Sequence[int] | None = None,
    *,
    cut_out: bool = False,
) -> tuple[Float[Tensor, "N d"], Float[Tensor, "N d"]] | None:
    """Return the (cos, sin) tables for `frames` latent frames of `height` x `width`, N tokens; None if not used.

    Another size than the model's own is fitted into its grid, as CogVideoX does. `moments` are the frames' places in
    time where they are not 0, 1, 2, ... A `cut_out` of the model's own size keeps its spacing; positions are relative,
    so it does not matter where it was cut.
    """
    if not settings.use_rotary_positional_embeddings:
        return None
    patch = settings.patch_size
    grid = (height // patch, width // patch)
    if settings.patch_size_t is not None:
        return _sliced_positions(settings, frames, grid, device)
    if cut_out:
        return _cut_out_positions(settings, frames, grid, device, moments)
    crops = _region_within(grid, settings.sample_height // patch, settings.sample_width // patch)
    cos, sin = get_3d_rotary_pos_embed(
        embed_dim=settings.attention_head_dim,
        crops_coords=crops,
        grid_size=grid,
        temporal_size=frames if moments is None else max(moments) + 1,
        device=torch.device(device),
    )
    if moments is None:
        return cos, sin
    chosen = torch.tensor(list(moments), device=cos.device)
    per_frame = (-1, grid[0] * grid[1], cos.shape[-1])
    return cos.reshape(per_frame)[chosen].flatten(0, 1), sin.reshape(per_frame)[chosen].flatten(0, 1)


def _cut_out_positions(
    settings: TransformerConfig,
    frames: int,
    grid: tuple[int, int],
    device: torch.device | str,
    moments: Sequence[int] | None,
) -> tuple[Float[Tensor, "N d"], Float[Tensor, "N d"]]:
    """The corner of the model's own positions."""
    patch, height, width = settings.patch_size, settings.sample_height, settings.sample_width
    tables = rotary_positions(settings, frames, height, width, device, moments)
    assert tables is not None
    own = (frames, height // patch, width // patch)
    cos, sin = (table.reshape(*own, -1)[:, : grid[0], : grid[1]].flatten(0, 2) for table in tables)
    return cos, sin


def _sliced_positions(
    settings: TransformerConfig, frames: int, grid: tuple[int, int], device: torch.device | str
) -> tuple[Float[Tensor, "N d"], Float[Tensor, "N d"]]:
    """CogVideoX 1.5: the corner of the model's own grid, one moment for each patch in time."""
    patch, over_time = settings.patch_size, settings.patch_size_t or 1
    cos, sin = get_3d_rotary_pos_embed(
        embed_dim=settings.attention_head_dim,
        crops_coords=None,
        grid_size=grid,
        temporal_size=(frames + over_time - 1) // over_time,
        grid_type="slice",
        max_size=(settings.sample_height // patch, settings.sample_width // patch),
        device=torch.device(device),
    )
    return cos, sin


def _region_within(grid: tuple[int, int], height: int, width: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the (top, left) and (bottom, right) of `grid` scaled to fit the centre of `height` x `width`."""
    rows, columns = grid
    if rows * width > height * columns:
        scaled = (height, round(height / rows * columns))
    else:
        scaled = (round(width / columns * rows), width)
    top, left = round((height - scaled[0]) / 2), round((width - scaled[1]) / 2)
    return (top, left), (top + scaled[0], left + scaled[1])
