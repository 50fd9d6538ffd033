"""The appearance model as the paper describes it: conditions through the autoencoder, side by side on the channel axis,
and a zero-initialised projection into the first blocks (pam-system.md section 0, row 1).

The released code has two control branches on raw pixels instead (`modeling.ControlledFlux`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from jaxtyping import Float
from torch import Tensor, nn

from pam_models.appearance.configuration import LATENT_CONDITIONS, FluxConfig
from pam_models.appearance.latents import pack, picture_ids, text_ids


@dataclass(frozen=True)
class ProjectedHints:
    """What each of the first blocks is given (B, N, D), and the latents' height and width."""

    residuals: tuple[Tensor, ...]
    height: int
    width: int


class ConcatenatedFlux(nn.Module):
    """A Flux base whose first double blocks are given projections of the conditions' latents.

    A projection is added to what its block hands on. Fresh projections are zero and change nothing.
    """

    def __init__(
        self,
        base: FluxTransformer2DModel,
        conditions: tuple[str, ...] = LATENT_CONDITIONS,
        blocks: int = 2,
        patch: int = 2,
    ) -> None:
        super().__init__()
        self.base = base
        self.conditions = conditions
        self.patch = patch
        dim, channels = base.inner_dim, base.x_embedder.in_features
        self.condition_projections = nn.ModuleList(nn.Linear(len(conditions) * channels, dim) for _ in range(blocks))
        for projection in self.condition_projections:
            assert isinstance(projection, nn.Linear)
            nn.init.zeros_(projection.weight)
            nn.init.zeros_(projection.bias)

    @classmethod
    def new(cls, base: FluxConfig, blocks: int = 2, patch: int = 2) -> "ConcatenatedFlux":
        """Build base and projections with fresh weights."""
        return cls(FluxTransformer2DModel(**base.model_dump()), blocks=blocks, patch=patch)

    def encode_hints(self, hints: Sequence[Float[Tensor, "B C h w"]]) -> ProjectedHints:
        """Project the conditions' latents (`latent_hints_of`), once for all steps; cast to the weights' dtype."""
        height, width = hints[0].shape[-2:]
        dtype = self.base.proj_out.weight.dtype
        tokens = torch.cat([pack(latents.to(dtype), self.patch) for latents in hints], dim=-1)
        return ProjectedHints(tuple(project(tokens) for project in self.condition_projections), height, width)

    def forward(
        self,
        tokens: Float[Tensor, "B N C4"],
        hints: ProjectedHints,
        text_tokens: Float[Tensor, "B L D"],
        pooled: Float[Tensor, "B P"],
        timesteps: Float[Tensor, " B"],
        guidance: Float[Tensor, " B"],
    ) -> Float[Tensor, "B N C4"]:
        """Predict the flow; as `ControlledFlux.forward`."""
        dtype = self.base.proj_out.weight.dtype
        nothing = torch.zeros(1, dtype=dtype, device=tokens.device)
        later = [nothing] * (len(self.base.transformer_blocks) - len(hints.residuals))
        flow: Tensor = self.base(
            hidden_states=tokens.to(dtype),
            encoder_hidden_states=text_tokens.to(dtype),
            pooled_projections=pooled.to(dtype),
            timestep=timesteps,
            img_ids=picture_ids(hints.height, hints.width, tokens.device, self.patch),
            txt_ids=text_ids(text_tokens.shape[1], tokens.device),
            guidance=guidance,
            controlnet_block_samples=[*hints.residuals, *later],
            return_dict=False,
        )[0]
        return flow


def latent_hints_of(
    latents: Mapping[str, Float[Tensor, "B C h w"]], conditions: tuple[str, ...] = LATENT_CONDITIONS
) -> tuple[Tensor, ...]:
    """Return the conditions' latents in order; an absent condition is zeros, the latents' mean.

    Raises ValueError if there is no condition or one is unknown.
    """
    unknown = sorted(latents.keys() - set(conditions))
    if unknown or not latents:
        raise ValueError(f"conditions must be among {', '.join(conditions)}, got {', '.join(unknown) or 'none'}")
    absent = torch.zeros_like(next(iter(latents.values())))
    return tuple(latents.get(name, absent) for name in conditions)
