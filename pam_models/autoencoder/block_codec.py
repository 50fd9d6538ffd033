"""The demo's codec: principal components of 4 x 8 x 8 blocks of pixels, and a small network that mends the seams.

The strides are CogVideoX's: 4k+1 frames become k+1 latent frames, of which the first stands for one frame alone, and
eight by eight pixels become one cell. The components are fitted to training clips in seconds, so that the training time
on two cores goes to the generators (docs/adr/0004).
"""

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor, nn

from pam_models.autoencoder.configuration import SPATIAL_FACTOR, TEMPORAL_FACTOR, AutoencoderConfig

_FIRST_VALUES = 3 * SPATIAL_FACTOR**2
_LATER_VALUES = TEMPORAL_FACTOR * _FIRST_VALUES
# One frame's components are as large as those of four equal frames.
_FIRST_GAIN = TEMPORAL_FACTOR**0.5


class BlockCodec(nn.Module):
    """A linear encoder, its transpose as decoder, and a residual network on the decoded frames."""

    first_mean: Tensor
    first_basis: Tensor
    later_mean: Tensor
    later_basis: Tensor

    def __init__(self, config: AutoencoderConfig) -> None:
        super().__init__()
        channels = config.latent_channels
        self.register_buffer("first_mean", torch.zeros(_FIRST_VALUES))
        self.register_buffer("first_basis", torch.zeros(_FIRST_VALUES, channels))
        self.register_buffer("later_mean", torch.zeros(_LATER_VALUES))
        self.register_buffer("later_basis", torch.zeros(_LATER_VALUES, channels))
        self.refiner = SeamRefiner(config.refiner_width, config.refiner_blocks)

    @property
    def fitted(self) -> bool:
        """Whether the components were fitted."""
        return bool(self.later_basis.any())

    @torch.no_grad()
    def fit(self, videos: Float[Tensor, "B 3 T H W"]) -> None:
        """Fit the components to clips of 4k+1 frames in [-1, 1]; every frame serves as a first frame too."""
        channels = self.later_basis.shape[1]
        singles = rearrange(videos, "b c t h w -> (b t) c 1 h w")
        for blocks, mean, basis in (
            (first_blocks(singles), self.first_mean, self.first_basis),
            (later_blocks(videos), self.later_mean, self.later_basis),
        ):
            rows = blocks.flatten(0, 3).double()
            mean.copy_(rows.mean(0))
            centred = rows - mean
            _, vectors = torch.linalg.eigh(centred.T @ centred)
            chosen = vectors.flip(1)[:, :channels]
            # A component's sign is free: its largest entry is made positive, so that a fit repeats.
            largest = chosen.abs().argmax(dim=0)
            basis.copy_(chosen * chosen[largest, torch.arange(channels)].sign())

    def encode(self, video: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B C F h w"]:
        """Components of every block."""
        first = (first_blocks(video[:, :, :1]) - self.first_mean) @ self.first_basis * _FIRST_GAIN
        parts = [first]
        if video.shape[2] > 1:
            parts.append((later_blocks(video) - self.later_mean) @ self.later_basis)
        return rearrange(torch.cat(parts, dim=1), "b f h w c -> b c f h w")

    def decode(self, latents: Float[Tensor, "B C F h w"]) -> Float[Tensor, "B 3 T H W"]:
        """Frames from components, with mended seams, near [-1, 1]."""
        mended: Tensor = self.refiner(self.decode_blocks(latents))
        return mended

    def decode_blocks(self, latents: Float[Tensor, "B C F h w"]) -> Float[Tensor, "B 3 T H W"]:
        """Frames from components alone."""
        rows = rearrange(latents, "b c f h w -> b f h w c")
        shape = {"p": SPATIAL_FACTOR, "q": SPATIAL_FACTOR}
        first = rows[:, :1] / _FIRST_GAIN @ self.first_basis.T + self.first_mean
        frames = [rearrange(first, "b f h w (c p q) -> b c f (h p) (w q)", c=3, **shape)]
        if rows.shape[1] > 1:
            later = rows[:, 1:] @ self.later_basis.T + self.later_mean
            frames.append(
                rearrange(later, "b f h w (c t p q) -> b c (f t) (h p) (w q)", c=3, t=TEMPORAL_FACTOR, **shape)
            )
        return torch.cat(frames, dim=2)


class SeamRefiner(nn.Module):
    """Residual convolutions at half resolution that know where in its block a pixel lies; starts as the identity."""

    def __init__(self, width: int, blocks: int) -> None:
        super().__init__()
        cell = SPATIAL_FACTOR // 2
        self.conv_in = nn.Conv2d(12, width, 3, padding=1)
        self.place = nn.Parameter(torch.zeros(width, cell, cell))
        self.moment = nn.Parameter(torch.zeros(TEMPORAL_FACTOR + 1, width))
        self.over_time = nn.ModuleList(
            nn.Conv3d(width, width, (3, 1, 1), padding=(1, 0, 0), groups=width) for _ in range(blocks)
        )
        self.over_space = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(blocks))
        self.conv_out = nn.Conv2d(width, 12, 3, padding=1)
        nn.init.zeros_(self.conv_out.weight)
        assert self.conv_out.bias is not None
        nn.init.zeros_(self.conv_out.bias)

    def forward(self, video: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B 3 T H W"]:
        """Add what the blocks could not say."""
        batch, _, frames, height, width = video.shape
        halves = {"p": 2, "q": 2}
        folded = rearrange(video, "b c t (h p) (w q) -> (b t) (c p q) h w", **halves)
        cell = self.place.shape[-1]
        place = self.place.tile(1, height // 2 // cell, width // 2 // cell)
        moment = self.moment[_moments(frames)].tile(batch, 1)[:, :, None, None]
        hidden = self.conv_in(folded.to(self.conv_in.weight.dtype)) + place + moment
        for over_time, over_space in zip(self.over_time, self.over_space, strict=True):
            neighbours = over_time(rearrange(hidden, "(b t) c h w -> b c t h w", b=batch))
            mixed = hidden + rearrange(neighbours, "b c t h w -> (b t) c h w")
            hidden = hidden + over_space(nn.functional.silu(mixed))
        residual = self.conv_out(nn.functional.silu(hidden)).float()
        mended: Tensor = video + rearrange(residual, "(b t) (c p q) h w -> b c t (h p) (w q)", b=batch, **halves)
        return mended


def first_blocks(video: Float[Tensor, "B 3 1 H W"]) -> Float[Tensor, "B 1 h w N"]:
    """The values of each 8 x 8 block of a single frame."""
    return rearrange(video, "b c f (h p) (w q) -> b f h w (c p q)", p=SPATIAL_FACTOR, q=SPATIAL_FACTOR)


def later_blocks(video: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B F h w N"]:
    """The values of each 4 x 8 x 8 block after the first frame."""
    return rearrange(
        video[:, :, 1:],
        "b c (f t) (h p) (w q) -> b f h w (c t p q)",
        t=TEMPORAL_FACTOR,
        p=SPATIAL_FACTOR,
        q=SPATIAL_FACTOR,
    )


def _moments(frames: int) -> Tensor:
    later = torch.arange(frames - 1) % TEMPORAL_FACTOR + 1
    return torch.cat([torch.zeros(1, dtype=torch.long), later])
