"""The SVD baselines behind the motion pipeline's interface, from folders that the user brings or trains."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl_temporal_decoder import AutoencoderKLTemporalDecoder
from jaxtyping import Float, UInt8
from torch import Tensor

from pam_models.autoencoder import VideoAutoencoder
from pam_models.autoencoder.frames import tensor_to_video, video_to_tensor
from pam_models.motion.pipeline import MotionPipeline
from pam_models.motion.svd.modeling import SvdModel


class FrameAutoencoder:
    """SVD's own autoencoder: every frame encoded alone, frames decoded together."""

    def __init__(self, model: AutoencoderKLTemporalDecoder) -> None:
        self._model = model

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        device: torch.device = self._model.device
        return device

    @torch.inference_mode()
    def encode(self, video_u8: UInt8[np.ndarray, "B T H W 3"]) -> Float[Tensor, "B C T h w"]:
        """Encode clips to scaled latents, the posterior's mode."""
        settings: Any = self._model.config
        video = video_to_tensor(video_u8, self.device).to(self._model.dtype)
        frames = video.permute(0, 2, 1, 3, 4).flatten(0, 1)
        latents = torch.cat([self._model.encode(one).latent_dist.mode() for one in torch.split(frames, 8)])
        scaled: Tensor = latents.float().reshape(*video_u8.shape[:2], *latents.shape[1:]) * settings.scaling_factor
        return scaled.permute(0, 2, 1, 3, 4)

    @torch.inference_mode()
    def decode(self, latents: Float[Tensor, "B C T h w"]) -> UInt8[np.ndarray, "B T H W 3"]:
        """Decode scaled latents, one clip at a time."""
        settings: Any = self._model.config
        frames = latents.shape[2]
        raw = (latents / settings.scaling_factor).to(self._model.dtype).permute(0, 2, 1, 3, 4)
        clips = [self._model.decode(clip, num_frames=frames).sample for clip in raw]
        return tensor_to_video(torch.stack(clips).permute(0, 2, 1, 3, 4))


def load_pipeline(weights: Path, autoencoder: Path | None = None, device: torch.device | str = "cpu") -> MotionPipeline:
    """Load an `SvdModel` that was saved at `weights`, with the demo's autoencoder or one saved at `autoencoder`.

    Raises WeightsError if weights are absent, altered or do not fit.
    """
    return MotionPipeline(SvdModel.load(weights, device), VideoAutoencoder.load(autoencoder or "demo", device))
