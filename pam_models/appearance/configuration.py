"""Sizes of the appearance model."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

from pam_models.appearance.word_encoder import WordEncoderConfig

BRANCH_CONDITIONS = (("depth", "normal"), ("keypoints", "segmentation"))
"""What each control branch reads, six channels each, in the published weights' order (published-weights.md)."""

LATENT_CONDITIONS = ("depth", "segmentation", "keypoints")
"""What the paper's described variant reads through the autoencoder, in order on the channel axis."""

HintEncoding = Literal["convolutions", "patches", "latents"]


class ControlBranchConfig(BaseModel):
    """One control branch; names follow Black Forest Labs. The defaults are the published sizes.

    `hint` says how picture channels become tokens: by the published eight convolutions, or as raw patches, which learn
    sooner from scratch. `patch` is the side of a token in latent cells.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    in_channels: int = 64
    vec_in_dim: int = 768
    context_in_dim: int = 4096
    hidden_size: int = 3072
    mlp_ratio: float = 4.0
    num_heads: int = 24
    axes_dim: tuple[int, int, int] = (16, 56, 56)
    theta: int = 10_000
    qkv_bias: bool = True
    guidance_embed: bool = True
    controlnet_depth: int = 2
    condition_in_channels: int = 6
    hint: Literal["convolutions", "patches"] = "convolutions"
    patch: int = 2

    @model_validator(mode="after")
    def _axes_fill_the_head(self) -> "ControlBranchConfig":
        if self.hidden_size % self.num_heads or sum(self.axes_dim) != self.hidden_size // self.num_heads:
            raise ValueError(
                f"axes_dim {self.axes_dim} must add up to a head's width: hidden_size {self.hidden_size} "
                f"/ num_heads {self.num_heads}"
            )
        return self


class FluxConfig(BaseModel):
    """The base; names follow diffusers' ``FluxTransformer2DModel``. The defaults are FLUX.1-dev's."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    in_channels: int = 64
    num_layers: int = 19
    num_single_layers: int = 38
    attention_head_dim: int = 128
    num_attention_heads: int = 24
    joint_attention_dim: int = 4096
    pooled_projection_dim: int = 768
    guidance_embeds: bool = True
    axes_dims_rope: tuple[int, int, int] = (16, 56, 56)

    def control_branch(
        self, control_blocks: int = 2, hint: Literal["convolutions", "patches"] = "convolutions", patch: int = 2
    ) -> ControlBranchConfig:
        """Return the control branch that fits this base."""
        return ControlBranchConfig(
            in_channels=self.in_channels,
            vec_in_dim=self.pooled_projection_dim,
            context_in_dim=self.joint_attention_dim,
            hidden_size=self.num_attention_heads * self.attention_head_dim,
            num_heads=self.num_attention_heads,
            axes_dim=self.axes_dims_rope,
            guidance_embed=self.guidance_embeds,
            controlnet_depth=control_blocks,
            hint=hint,
            patch=patch,
        )


class AppearanceConfig(BaseModel):
    """The demo's appearance model: base, conditions' way in, and word encoder.

    `hint` says how conditions come in: "convolutions" and "patches" through two control branches on raw pixels (as
    released), "latents" through the autoencoder and a zero-initialised projection into the first `control_blocks`
    blocks (as the paper describes). The model paints the autoencoder's leading `latent_channels`, each multiplied by
    `latent_scale`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: FluxConfig
    text: WordEncoderConfig
    control_blocks: int = 2
    hint: HintEncoding = "convolutions"
    patch: int = 2
    latent_scale: float = 1.0

    @property
    def latent_channels(self) -> int:
        """Channels of the latents that the model paints."""
        return self.base.in_channels // self.patch**2


DEMO_LATENT_SCALE = 0.6539
"""Brings the demo codec's 32 leading channels to a mean deviation of one (they are scaled for 96)."""


def demo_config(vocabulary: tuple[str, ...]) -> AppearanceConfig:
    """Return the demo's sizes: 216 tokens of width 144 for a picture of 96x144, 3 double and 2 single blocks."""
    text = WordEncoderConfig(vocabulary=vocabulary)
    base = FluxConfig(
        in_channels=32,
        num_layers=3,
        num_single_layers=2,
        attention_head_dim=48,
        num_attention_heads=3,
        joint_attention_dim=text.dim,
        pooled_projection_dim=text.pooled_dim,
        axes_dims_rope=(8, 20, 20),
    )
    return AppearanceConfig(base=base, text=text, hint="patches", patch=1, latent_scale=DEMO_LATENT_SCALE)
