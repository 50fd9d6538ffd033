"""Sizes and condition lists of the motion model."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from pam_models.appearance.word_encoder import WordEncoderConfig

PAM_CONDITIONS = ("tracking", "normal", "depth", "segmentation", "keypoints")
"""The published checkpoints' five slots, in their order (pam-system.md section 3)."""


_OWN = {
    "conditions",
    "coordinate_conditions",
    "coordinate_points",
    "num_control_blocks",
    "initial_combine",
    "predicts",
    "first_frame",
}


class TransformerConfig(BaseModel):
    """A CogVideoX transformer with a control branch. Names follow diffusers' ``CogVideoXTransformer3DModel``.

    `conditions` names the slots of ``initial_combine_linear`` in order; those also named in `coordinate_conditions` are
    read as joints' 2-D coordinates through a small perceptron instead of as videos through the autoencoder (Table 5 of
    the supplementary). `initial_combine` says how that layer starts: "zero" as published, or "random", which is a no-op
    at the start just as well (the blocks' own outputs are zero) and learns sooner from scratch. `sample_frames` counts
    pixel frames. `ofs_embed_dim` and `patch_size_t` are CogVideoX 1.5's. `predicts` and `first_frame` make a narrow
    model learn sooner (docs/adr/0005): clean latents instead of v, the first frame's latents in every latent frame
    instead of before zeros.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: tuple[str, ...] = PAM_CONDITIONS
    coordinate_conditions: tuple[str, ...] = ()
    coordinate_points: int = 21
    num_control_blocks: int = 12
    initial_combine: Literal["zero", "random"] = "zero"
    num_attention_heads: int = 48
    attention_head_dim: int = 64
    attention_bias: bool = True
    in_channels: int = 32
    out_channels: int = 16
    num_layers: int = 42
    flip_sin_to_cos: bool = True
    freq_shift: int = 0
    time_embed_dim: int = 512
    ofs_embed_dim: int | None = None
    text_embed_dim: int = 4096
    max_text_seq_length: int = 226
    patch_size: int = 2
    patch_size_t: int | None = None
    patch_bias: bool = True
    activation_fn: str = "gelu-approximate"
    timestep_activation_fn: str = "silu"
    norm_elementwise_affine: bool = True
    norm_eps: float = 1e-5
    sample_width: int = 90
    sample_height: int = 60
    sample_frames: int = 49
    temporal_compression_ratio: int = 4
    spatial_interpolation_scale: float = 1.875
    temporal_interpolation_scale: float = 1.0
    use_rotary_positional_embeddings: bool = True
    use_learned_positional_embeddings: bool = True
    predicts: Literal["velocity", "clean"] = "velocity"
    first_frame: Literal["padded", "repeated"] = "padded"

    @model_validator(mode="after")
    def _consistent(self) -> "TransformerConfig":
        if not self.conditions or len(set(self.conditions)) != len(self.conditions):
            raise ValueError(f"conditions must be distinct names, at least one, got {self.conditions}")
        strangers = sorted(set(self.coordinate_conditions) - set(self.conditions))
        if strangers:
            raise ValueError(f"coordinate_conditions {', '.join(strangers)} are not among conditions {self.conditions}")
        if self.coordinate_conditions and self.patch_size_t:
            raise ValueError("coordinate_conditions need a model without patches in time (patch_size_t)")
        if not 0 < self.num_control_blocks <= self.num_layers:
            raise ValueError(
                f"num_control_blocks {self.num_control_blocks} is not within 1..num_layers {self.num_layers}"
            )
        return self

    def base_settings(self) -> dict[str, Any]:
        """Return what diffusers' base class is built from."""
        return self.model_dump(exclude=_OWN)

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

    @model_validator(mode="after")
    def _image_to_video(self) -> "MotionConfig":
        reads, makes = self.transformer.in_channels, self.transformer.out_channels
        if reads != 2 * makes:
            raise ValueError(f"in_channels {reads} must be twice out_channels {makes}: noisy and first frame")
        return self


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
        in_channels=192,
        out_channels=96,
        num_layers=4,
        patch_size=1,
        use_learned_positional_embeddings=False,
        time_embed_dim=64,
        text_embed_dim=text.dim,
        max_text_seq_length=text.max_words,
        sample_width=18,
        sample_height=12,
        spatial_interpolation_scale=1.0,
        predicts="clean",
        first_frame="repeated",
    )
    return MotionConfig(transformer=transformer, text=text)
