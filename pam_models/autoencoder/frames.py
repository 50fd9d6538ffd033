"""Frames between the two forms used here: uint8 numpy outside, float tensors in [-1, 1] inside."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor


def video_to_tensor(
    video: UInt8[np.ndarray, "B T H W 3"], device: torch.device | str = "cpu"
) -> Float[Tensor, "B 3 T H W"]:
    """Map 0..255 onto [-1, 1] and put channels before time. Raises ValueError for another type or layout."""
    if video.dtype != np.uint8 or video.ndim != 5 or video.shape[-1] != 3:
        raise ValueError(f"a video is uint8 of shape (B, T, H, W, 3), got {video.dtype} of shape {video.shape}")
    tensor = torch.from_numpy(np.ascontiguousarray(video)).to(device)
    return tensor.permute(0, 4, 1, 2, 3).float().div_(127.5).sub_(1.0)


def tensor_to_video(tensor: Float[Tensor, "B 3 T H W"]) -> UInt8[np.ndarray, "B T H W 3"]:
    """Map [-1, 1] onto 0..255, clamped and rounded, and put channels last."""
    scaled = (tensor.float().clamp(-1.0, 1.0) + 1.0) * 127.5
    frames: UInt8[np.ndarray, "B T H W 3"] = scaled.round().to(torch.uint8).permute(0, 2, 3, 4, 1).cpu().numpy()
    return np.ascontiguousarray(frames)


def image_to_tensor(
    image: UInt8[np.ndarray, "B H W 3"], device: torch.device | str = "cpu"
) -> Float[Tensor, "B 3 H W"]:
    """Map 0..255 onto [-1, 1] and put channels first. Raises ValueError for another type or layout."""
    if image.dtype != np.uint8 or image.ndim != 4 or image.shape[-1] != 3:
        raise ValueError(f"pictures are uint8 of shape (B, H, W, 3), got {image.dtype} of shape {image.shape}")
    return video_to_tensor(image[:, None], device)[:, :, 0]
