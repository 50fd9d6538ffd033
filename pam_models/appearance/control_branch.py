"""The control branch of the appearance model: two Flux blocks that read six channels (pam-system.md section 2)."""

from collections.abc import Sequence

import torch
from diffusers.models.embeddings import get_timestep_embedding
from diffusers.models.transformers.transformer_flux import FluxPosEmbed
from jaxtyping import Float
from torch import Tensor, nn

from pam_models.appearance.configuration import ControlBranchConfig
from pam_models.appearance.double_block import DoubleStreamBlock
from pam_models.appearance.latents import pack
from pam_models.autoencoder.configuration import SPATIAL_FACTOR

_TIME_CHANNELS = 256
_TIME_FACTOR = 1000.0
_HINT_CHANNELS = 16
_HINT_STRIDES = (1, 1, 2, 1, 2, 1, 2, 1)


class VectorEmbedder(nn.Module):
    """A two-layer perceptron onto the model's width."""

    def __init__(self, in_dim: int, dim: int) -> None:
        super().__init__()
        self.in_layer = nn.Linear(in_dim, dim)
        self.out_layer = nn.Linear(dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, in_dim) to (B, dim)."""
        embedded: Tensor = self.out_layer(nn.functional.silu(self.in_layer(x)))
        return embedded


def hint_encoder(channels: int) -> nn.Sequential:
    """Return eight 3x3 convolutions with SiLU between, three of stride 2, the last one zero-initialised."""
    layers: list[nn.Module] = []
    for index, stride in enumerate(_HINT_STRIDES):
        layers.append(nn.Conv2d(_HINT_CHANNELS if index else channels, _HINT_CHANNELS, 3, padding=1, stride=stride))
        layers.append(nn.SiLU())
    layers.pop()
    last = layers[-1]
    assert isinstance(last, nn.Conv2d) and last.bias is not None
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    return nn.Sequential(*layers)


class ControlBranch(nn.Module):
    """Flux's embedders and first blocks over picture tokens plus an encoded hint; zero-initialised outputs.

    Tensor names and the computation are those of the published branches.
    """

    def __init__(self, config: ControlBranchConfig) -> None:
        super().__init__()
        self.config = config
        dim = config.hidden_size
        self.img_in = nn.Linear(config.in_channels, dim)
        self.txt_in = nn.Linear(config.context_in_dim, dim)
        self.time_in = VectorEmbedder(_TIME_CHANNELS, dim)
        self.guidance_in = VectorEmbedder(_TIME_CHANNELS, dim) if config.guidance_embed else None
        self.vector_in = VectorEmbedder(config.vec_in_dim, dim)
        self.double_blocks = nn.ModuleList(
            DoubleStreamBlock(dim, config.num_heads, config.mlp_ratio, config.qkv_bias)
            for _ in range(config.controlnet_depth)
        )
        self.controlnet_blocks = nn.ModuleList(nn.Linear(dim, dim) for _ in range(config.controlnet_depth))
        self.input_hint_block = (
            hint_encoder(config.condition_in_channels)
            if config.hint == "convolutions"
            else nn.PixelUnshuffle(SPATIAL_FACTOR)
        )
        hint_channels = (
            _HINT_CHANNELS if config.hint == "convolutions" else config.condition_in_channels * SPATIAL_FACTOR**2
        )
        self.pos_embed_input = nn.Linear(hint_channels * config.patch**2, dim)
        self.positions = FluxPosEmbed(theta=config.theta, axes_dim=list(config.axes_dim))
        for linear in self.controlnet_blocks:
            assert isinstance(linear, nn.Linear)
            nn.init.zeros_(linear.weight)
            nn.init.zeros_(linear.bias)

    def encode_hint(self, hint: Float[Tensor, "B 6 H W"]) -> Float[Tensor, "B N D"]:
        """Turn picture channels in [-1, 1] into what is added to the picture tokens; the same at every step."""
        tokens: Tensor = self.pos_embed_input(pack(self.input_hint_block(hint), self.config.patch))
        return tokens

    def forward(
        self,
        img: Float[Tensor, "B N C"],
        hint: Float[Tensor, "B N D"],
        txt: Float[Tensor, "B L D"],
        pooled: Float[Tensor, "B P"],
        timesteps: Float[Tensor, " B"],
        guidance: Float[Tensor, " B"] | None,
        img_ids: Float[Tensor, "N 3"],
        txt_ids: Float[Tensor, "L 3"],
    ) -> list[Float[Tensor, "B N D"]]:
        """Return one residual per control block. `hint` comes from `encode_hint`, `timesteps` are in [0, 1]."""
        tokens = self.img_in(img) + hint
        vector = self.time_in(_sinusoid(timesteps).to(img.dtype)) + self.vector_in(pooled)
        if self.guidance_in is not None:
            if guidance is None:
                raise ValueError("this control branch is guidance-embedded: pass guidance (B,)")
            vector = vector + self.guidance_in(_sinusoid(guidance).to(img.dtype))
        text = self.txt_in(txt)
        rotary = self.positions(torch.cat([txt_ids, img_ids]))
        residuals: list[Tensor] = []
        for block, output in zip(self.double_blocks, self.controlnet_blocks, strict=True):
            tokens, text = block(tokens, text, vector, rotary)
            residuals.append(output(tokens))
        return residuals


def _sinusoid(values: Float[Tensor, " B"]) -> Float[Tensor, "B 256"]:
    embedding: Tensor = get_timestep_embedding(
        values.float() * _TIME_FACTOR, _TIME_CHANNELS, flip_sin_to_cos=True, downscale_freq_shift=0.0
    )
    return embedding


def sum_residuals(
    branches: Sequence[Sequence[Tensor]], strengths: Sequence[float] | None = None
) -> list[Float[Tensor, "B N D"]]:
    """Add up the branches' residuals block by block, each branch times its strength."""
    weights = strengths or [1.0] * len(branches)
    return [
        sum((weight * residual for weight, residual in zip(weights[1:], level[1:], strict=True)), weights[0] * level[0])
        for level in zip(*branches, strict=True)
    ]
