"""Sizes and condition lists of the motion model."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from pam_models.appearance.word_encoder import WordEncoderConfig

PAM_CONDITIONS = ("tracking", "normal", "depth", "segmentation", "keypoints")
"""The published checkpoints' five slots, in their order (pam-system.md section 3)."""


class TransformerConfig(BaseModel):
    """A CogVideoX transformer with a control branch. Names follow diffusers' ``CogVideoXTransformer3DModel``.

    `conditions` names the slots of ``initial_combine_linear`` in order. `initial_combine` says how that layer starts:
    "zero" as published, or "random", which is a no-op at the start just as well (the blocks' own outputs are zero) and
    learns sooner from scratch. `sample_frames` counts pixel frames.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: tuple[str, ...] = PAM_CONDITIONS
    num_control_blocks: int = 12
    initial_combine: Literal["zero", "random"] = "zero"
    num_attention_heads: int = 48
    attention_head_dim: int = 64
    in_channels: int = 32
    out_channels: int = 16
    num_layers: int = 42
    time_embed_dim: int = 512
    text_embed_dim: int = 4096
    max_text_seq_length: int = 226
    patch_size: int = 2
    sample_width: int = 90
    sample_height: int = 60
    sample_frames: int = 49
    temporal_compression_ratio: int = 4
    spatial_interpolation_scale: float = 1.875
    temporal_interpolation_scale: float = 1.0
    use_rotary_positional_embeddings: bool = True
    use_learned_positional_embeddings: bool = True

    @model_validator(mode="after")
    def _consistent(self) -> "TransformerConfig":
        if not self.conditions or len(set(self.conditions)) != len(self.conditions):
            raise ValueError(f"conditions must be distinct names, at least one, got {self.conditions}")
        if not 0 < self.num_control_blocks <= self.num_layers:
            raise ValueError(
                f"num_control_blocks {self.num_control_blocks} is not within 1..num_layers {self.num_layers}"
            )
        if self.in_channels != 2 * self.out_channels:
            raise ValueError(
                f"in_channels {self.in_channels} must be twice out_channels {self.out_channels}: noisy and first frame"
            )
        return self

    @property
    def inner_dim(self) -> int:
        """The width of the token stream."""
        return self.num_attention_heads * self.attention_head_dim

    @property
    def latent_frames(self) -> int:
        """Latent frames of a clip of `sample_frames`."""
        return (self.sample_frames - 1) // self.temporal_compression_ratio + 1


class MotionConfig(BaseModel):
    """The demo's motion model: a transformer and the word encoder that it reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    transformer: TransformerConfig
    text: WordEncoderConfig


def demo_config(
    vocabulary: tuple[str, ...], conditions: tuple[str, ...] = ("depth", "segmentation", "keypoints")
) -> MotionConfig:
    """Return the demo's sizes: 49 frames at 96x144, 2,808 tokens of width 192, 4 base and 2 control blocks."""
    text = WordEncoderConfig(vocabulary=vocabulary)
    transformer = TransformerConfig(
        conditions=conditions,
        num_control_blocks=2,
        initial_combine="random",
        num_attention_heads=3,
        attention_head_dim=64,
        in_channels=64,
        out_channels=32,
        num_layers=4,
        patch_size=1,
        use_learned_positional_embeddings=False,
        time_embed_dim=64,
        text_embed_dim=text.dim,
        max_text_seq_length=text.max_words,
        sample_width=18,
        sample_height=12,
        spatial_interpolation_scale=1.0,
    )
    return MotionConfig(transformer=transformer, text=text)
