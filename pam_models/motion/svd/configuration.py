"""Sizes of the SVD baselines."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator

INTERDYN_CONDITIONS = ("hand_mask",)
"""InterDyn drives SVD with the hand's mask alone."""
MULTI_CONDITIONS = ("depth", "segmentation", "keypoints")


class SvdConfig(BaseModel):
    """A spatio-temporal UNet with a ControlNet-style branch. Names follow diffusers'
    ``UNetSpatioTemporalConditionModel``; the defaults are Stable Video Diffusion's.

    `latent_channels` is what the autoencoder makes; the UNet reads noisy latents beside the first frame's, twice as
    many. `pooled_cells` is the grid that the first frame is pooled to for cross attention, where no CLIP picture
    embedding is given. `sample_frames` counts pixel frames, `frames_per_latent` how many of them a latent frame holds.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: tuple[str, ...] = MULTI_CONDITIONS
    latent_channels: int = 4
    block_out_channels: tuple[int, ...] = (320, 640, 1280, 1280)
    num_attention_heads: tuple[int, ...] = (5, 10, 20, 20)
    layers_per_block: int = 2
    cross_attention_dim: int = 1024
    addition_time_embed_dim: int = 256
    sample_frames: int = 25
    frames_per_latent: int = 1
    pooled_cells: int = 4
    fps: int = 6
    motion_bucket: int = 127
    noise_augmentation: float = 0.02

    @model_validator(mode="after")
    def _consistent(self) -> "SvdConfig":
        if not self.conditions or len(set(self.conditions)) != len(self.conditions):
            raise ValueError(f"conditions must be distinct names, at least one, got {self.conditions}")
        if len(self.num_attention_heads) != len(self.block_out_channels):
            raise ValueError("num_attention_heads and block_out_channels must be of one length")
        if any(channels % 32 for channels in self.block_out_channels):
            raise ValueError(f"block_out_channels must be multiples of 32 (group norms), got {self.block_out_channels}")
        return self

    @property
    def latent_frames(self) -> int:
        """Latent frames of a clip."""
        return (self.sample_frames - 1) // self.frames_per_latent + 1

    def unet_settings(self) -> dict[str, Any]:
        """Return what diffusers' UNet is built from: attention at every level but the lowest."""
        levels = len(self.block_out_channels)
        return {
            "in_channels": 2 * self.latent_channels,
            "out_channels": self.latent_channels,
            "down_block_types": (*["CrossAttnDownBlockSpatioTemporal"] * (levels - 1), "DownBlockSpatioTemporal"),
            "up_block_types": ("UpBlockSpatioTemporal", *["CrossAttnUpBlockSpatioTemporal"] * (levels - 1)),
            "block_out_channels": self.block_out_channels,
            "num_attention_heads": self.num_attention_heads,
            "layers_per_block": self.layers_per_block,
            "cross_attention_dim": self.cross_attention_dim,
            "addition_time_embed_dim": self.addition_time_embed_dim,
            "projection_class_embeddings_input_dim": 3 * self.addition_time_embed_dim,
            "num_frames": self.latent_frames,
        }


def small_config(conditions: tuple[str, ...], latent_channels: int = 32, sample_frames: int = 49) -> SvdConfig:
    """Return sizes that train on a CPU with the demo's autoencoder: 13 latent frames of 12x18, two levels."""
    return SvdConfig(
        conditions=conditions,
        latent_channels=latent_channels,
        block_out_channels=(32, 64),
        num_attention_heads=(2, 4),
        layers_per_block=1,
        cross_attention_dim=64,
        addition_time_embed_dim=32,
        sample_frames=sample_frames,
        frames_per_latent=4,
        fps=15,
    )


def interdyn_config() -> SvdConfig:
    """Return the small one-condition baseline: SVD driven by the hand's mask."""
    return small_config(INTERDYN_CONDITIONS)


def multi_condition_config() -> SvdConfig:
    """Return the small baseline with the motion model's own conditions."""
    return small_config(MULTI_CONDITIONS)
