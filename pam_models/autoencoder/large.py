"""Running a full-size CogVideoX autoencoder: whole pictures where memory allows, convolutions in their fast layout."""

from typing import Any

import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from torch import nn

from pam_models.zoo.room import free_bytes

_FRAMES_AT_ONCE = 10
_LIVE_TENSORS = 5


def decode_bytes(model: AutoencoderKLCogVideoX, height: int, width: int) -> int:
    """Estimate what decoding whole pictures takes beside the weights.

    Diffusers decodes two latent frames at a time, eight pictures with two carried over; at the last level about five
    tensors of the second width are alive.
    """
    settings: Any = model.config
    itemsize = next(model.parameters()).element_size()
    return _LIVE_TENSORS * _FRAMES_AT_ONCE * height * width * int(settings.block_out_channels[1]) * itemsize


def fit_to_device(model: AutoencoderKLCogVideoX, height: int, width: int, device: torch.device | str) -> bool:
    """Put 3-D convolutions' weights channels-last on a GPU, and tile only where whole pictures would not fit.

    Tiles cost 40 % more work and change pixels at their seams (performance.md section 1). Returns whether tiles are on.
    """
    if torch.device(device).type == "cuda":
        channels_last(model)
    free = free_bytes(device)
    tiled = free is not None and decode_bytes(model, height, width) > free
    if tiled:
        model.enable_tiling()
    else:
        model.use_tiling = False
    return tiled


def channels_last(model: nn.Module) -> int:
    """Lay every 3-D convolution's weight out channels-last, in place; return how many. Values do not change."""
    changed = 0
    for module in model.modules():
        if isinstance(module, nn.Conv3d):
            module.weight.data = module.weight.data.contiguous(memory_format=torch.channels_last_3d)
            changed += 1
    return changed
