"""What stands for a condition that is absent: nothing at all, or the noise that the published training put there."""

from collections.abc import Sequence
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from pam_models.motion.latents import pad_first_frame

AbsentCondition = Literal["zero", "noise"]
_NOISE_SCALE = 0.7
_STREAM = 0x6E756C6C


def noise_null(shape: tuple[int, ...], seeds: Sequence[int], slot: int) -> Float[Tensor, "B F C2 h w"]:
    """Return the official training's null of one slot, for one clip's latents of `shape` (F, C, h, w) per seed.

    It wrote zeros into the moments, whose log-variance 0 makes samples of N(0, 1) times the scaling factor 0.7, in the
    clip and in its first frame (pam-system.md section 0, row 4). Drawn from each clip's own seed.
    """
    drawn = []
    for seed in seeds:
        generator = torch.Generator().manual_seed((seed ^ _STREAM) + slot)
        clip = torch.randn(shape, generator=generator)
        first = torch.randn((1, *shape[1:]), generator=generator)
        drawn.append(torch.cat([clip, pad_first_frame(first[None], shape[0])[0]], dim=1))
    return _NOISE_SCALE * torch.stack(drawn)
