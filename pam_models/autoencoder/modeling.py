"""The video autoencoder: diffusers' AutoencoderKLCogVideoX with normalised, deterministic latents."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers.models.autoencoders.autoencoder_kl_cogvideox import AutoencoderKLCogVideoX
from jaxtyping import Float, UInt8
from torch import Tensor, nn

from pam_models.autoencoder.block_codec import BlockCodec
from pam_models.autoencoder.configuration import SPATIAL_FACTOR, TEMPORAL_FACTOR, AutoencoderConfig
from pam_models.autoencoder.frames import tensor_to_video, video_to_tensor
from pam_models.autoencoder.precision import fastest_convolution_dtype
from pam_models.zoo import weights_file

DEMO_ID = "demo-autoencoder"
_NO_SPREAD = -30.0


class VideoAutoencoder(nn.Module):
    """Videos of 4k+1 frames, and single pictures, to latents and back.

    ``latents_mean`` and ``latents_std`` (16,) are buffers stored with the weights: latents leave ``encode`` with zero
    mean and unit deviation per channel. ``encode`` takes the posterior's mode, so it is deterministic.
    """

    latents_mean: Tensor
    latents_std: Tensor

    def __init__(self, config: AutoencoderConfig | None = None) -> None:
        super().__init__()
        self.config = config or AutoencoderConfig()
        self.model: AutoencoderKLCogVideoX | BlockCodec
        if self.config.codec == "blocks":
            self.model = BlockCodec(self.config)
        else:
            self.model = AutoencoderKLCogVideoX(
                block_out_channels=self.config.block_out_channels,
                latent_channels=self.config.latent_channels,
                layers_per_block=self.config.layers_per_block,
                norm_num_groups=self.config.norm_num_groups,
                temporal_compression_ratio=TEMPORAL_FACTOR,
                sample_height=self.config.sample_height,
                sample_width=self.config.sample_width,
            )
        self.register_buffer("latents_mean", torch.zeros(self.config.latent_channels))
        self.register_buffer("latents_std", torch.ones(self.config.latent_channels))

    @classmethod
    def around(cls, model: AutoencoderKLCogVideoX) -> "VideoAutoencoder":
        """Wrap an autoencoder with diffusers' own `scaling_factor`, such as CogVideoX-5b's, as it is."""
        settings: Any = model.config
        wrapped = cls.__new__(cls)
        nn.Module.__init__(wrapped)
        wrapped.config = AutoencoderConfig(
            block_out_channels=tuple(settings.block_out_channels),
            latent_channels=settings.latent_channels,
            layers_per_block=settings.layers_per_block,
            norm_num_groups=settings.norm_num_groups,
            sample_height=settings.sample_height,
            sample_width=settings.sample_width,
        )
        wrapped.model = model
        wrapped.register_buffer("latents_mean", torch.zeros(settings.latent_channels))
        wrapped.register_buffer("latents_std", torch.full((settings.latent_channels,), 1.0 / settings.scaling_factor))
        return wrapped

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.latents_mean.device

    @property
    def latent_channels(self) -> int:
        """Channels of the latents."""
        return self.config.latent_channels

    def convolutions_to(self, dtype: torch.dtype) -> "VideoAutoencoder":
        """Cast the convolutions' weights and leave the latent statistics in float32; returns self."""
        if isinstance(self.model, BlockCodec):
            self.model.refiner.to(dtype)
            return self
        self.model.encoder.to(dtype)
        self.model.decoder.to(dtype)
        return self

    def _dtype(self) -> torch.dtype:
        assert not isinstance(self.model, BlockCodec)
        dtype: torch.dtype = next(self.model.encoder.parameters()).dtype
        return dtype

    def moments(self, video: Float[Tensor, "B 3 T H W"]) -> tuple[Tensor, Tensor]:
        """Return the raw posterior's mean and log-variance, each (B, C, T', H/8, W/8) float32; for training."""
        self._check_video(video)
        if isinstance(self.model, BlockCodec):
            mean = self.model.encode(video.float())
            return mean, torch.full_like(mean, _NO_SPREAD)
        posterior = self.model.encode(video.to(self._dtype())).latent_dist
        return posterior.mean.float(), posterior.logvar.float()

    def reconstruct(self, raw: Float[Tensor, "B C F h w"]) -> Float[Tensor, "B 3 T H W"]:
        """Decode raw, unnormalised latents to a float video near [-1, 1]; for training."""
        if isinstance(self.model, BlockCodec):
            return self.model.decode(raw.float())
        video: Tensor = self.model.decode(raw.to(self._dtype())).sample
        return video.float()

    def forward(self, video: Float[Tensor, "B 3 T H W"], noise: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """Return (reconstruction, mean, log-variance); with `noise` of the latents' shape the posterior is sampled."""
        mean, logvar = self.moments(video)
        raw = mean if noise is None else mean + torch.exp(0.5 * logvar) * noise
        return self.reconstruct(raw), mean, logvar

    def set_latent_statistics(self, mean: Float[Tensor, " C"], std: Float[Tensor, " C"]) -> None:
        """Store the per-channel mean and deviation of raw latents over the training clips."""
        if not bool((std > 0).all()):
            raise ValueError("a latent channel has no spread (std 0): the encoder does not use it; train longer")
        self.latents_mean.copy_(mean)
        self.latents_std.copy_(std)

    def normalise(self, raw: Float[Tensor, "B C F h w"]) -> Float[Tensor, "B C F h w"]:
        """Raw latents to zero mean and unit deviation per channel."""
        return (raw - self._per_channel(self.latents_mean)) / self._per_channel(self.latents_std)

    def denormalise(self, latents: Float[Tensor, "B C F h w"]) -> Float[Tensor, "B C F h w"]:
        """Undo `normalise`."""
        return latents * self._per_channel(self.latents_std) + self._per_channel(self.latents_mean)

    @torch.inference_mode()
    def encode_tensor(self, video: Float[Tensor, "B 3 T H W"]) -> Float[Tensor, "B C F h w"]:
        """Encode a float video in [-1, 1], one clip at a time, to normalised latents (float32)."""
        return torch.cat([self.normalise(self.moments(clip)[0]) for clip in torch.split(video.to(self.device), 1)])

    @torch.inference_mode()
    def decode_tensor(self, latents: Float[Tensor, "B C F h w"]) -> Float[Tensor, "B 3 T H W"]:
        """Decode normalised latents, one clip at a time, to a float video near [-1, 1]."""
        return torch.cat(
            [self.reconstruct(self.denormalise(clip.float())) for clip in torch.split(latents.to(self.device), 1)]
        )

    def encode(self, video_u8: UInt8[np.ndarray, "B T H W 3"]) -> Float[Tensor, "B C F h w"]:
        """Encode uint8 frames; T is 1 or 4k+1, H and W multiples of 8; F = (T - 1) / 4 + 1."""
        return self.encode_tensor(video_to_tensor(video_u8, self.device))

    def decode(self, latents: Float[Tensor, "B C F h w"]) -> UInt8[np.ndarray, "B T H W 3"]:
        """Decode normalised latents to uint8 frames."""
        return tensor_to_video(self.decode_tensor(latents))

    def save(self, directory: Path) -> Path:
        """Write ``weights.safetensors`` (configuration inside) into `directory` and return its path."""
        return weights_file.write_model(directory / weights_file.FILE_NAME, self, self.config)

    @classmethod
    def load(cls, source: str | Path = "demo", device: torch.device | str = "cpu") -> "VideoAutoencoder":
        """Load "demo" (the weights that ship) or a saved folder or file, in this processor's fastest format.

        Raises WeightsError where the file is absent, altered or does not fit.
        """
        model = weights_file.load_model(cls, source, DEMO_ID, AutoencoderConfig).to(device)
        return model.convolutions_to(fastest_convolution_dtype(device))

    @staticmethod
    def _per_channel(values: Tensor) -> Tensor:
        return values.view(1, -1, 1, 1, 1)

    @staticmethod
    def _check_video(video: Tensor) -> None:
        frames, height, width = video.shape[2:]
        if (frames - 1) % TEMPORAL_FACTOR or height % SPATIAL_FACTOR or width % SPATIAL_FACTOR:
            raise ValueError(
                f"the autoencoder takes 4k+1 frames with sides in multiples of 8, got {frames} of {height}x{width}"
            )
