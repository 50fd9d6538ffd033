"""The appearance model: Flux with two control branches on raw picture channels (pam-system.md section 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers.models.transformers.transformer_flux import FluxTransformer2DModel
from jaxtyping import Float
from torch import Tensor, nn

from pam_models.appearance.concatenated import ConcatenatedFlux
from pam_models.appearance.configuration import BRANCH_CONDITIONS, AppearanceConfig, ControlBranchConfig, FluxConfig
from pam_models.appearance.control_branch import ControlBranch, sum_residuals
from pam_models.appearance.latents import picture_ids, text_ids
from pam_models.appearance.word_encoder import WordEncoder
from pam_models.autoencoder.configuration import SPATIAL_FACTOR
from pam_models.zoo import weights_file

DEMO_ID = "demo-appearance"
ABSENT = -1.0
"""What the branches read where a condition is absent: black, as in the official training."""


@dataclass(frozen=True)
class EncodedHints:
    """Each branch's encoded hint (B, N, D) and the latents' height and width."""

    first: Tensor
    second: Tensor
    height: int
    width: int


class ControlledFlux(nn.Module):
    """A Flux base and the two branches; the residuals' sum is added after every double block, cycled by index."""

    def __init__(self, base: FluxTransformer2DModel, controlnet1: ControlBranch, controlnet2: ControlBranch) -> None:
        super().__init__()
        self.base = base
        self.controlnet1 = controlnet1
        self.controlnet2 = controlnet2

    @classmethod
    def new(cls, base: FluxConfig, branch: ControlBranchConfig) -> "ControlledFlux":
        """Build base and branches with fresh weights."""
        return cls(FluxTransformer2DModel(**base.model_dump()), ControlBranch(branch), ControlBranch(branch))

    @property
    def patch(self) -> int:
        """Side of a token in latent cells."""
        return self.controlnet1.config.patch

    def encode_hints(self, hints: Sequence[Float[Tensor, "B 6 H W"]]) -> EncodedHints:
        """Encode both branches' channels (`hints_of`), once for all steps; inputs are cast to the weights' dtype."""
        dtype, (height, width) = self.base.proj_out.weight.dtype, hints[0].shape[-2:]
        branches = (self.controlnet1, self.controlnet2)
        tokens = [branch.encode_hint(hint.to(dtype)) for branch, hint in zip(branches, hints, strict=True)]
        return EncodedHints(tokens[0], tokens[1], height // SPATIAL_FACTOR, width // SPATIAL_FACTOR)

    def forward(
        self,
        tokens: Float[Tensor, "B N C4"],
        hints: EncodedHints,
        text_tokens: Float[Tensor, "B L D"],
        pooled: Float[Tensor, "B P"],
        timesteps: Float[Tensor, " B"],
        guidance: Float[Tensor, " B"],
        strengths: Sequence[float] | None = None,
    ) -> Float[Tensor, "B N C4"]:
        """Predict the flow, noise minus picture, for packed latents (`latents.pack`); `timesteps` are in [0, 1].

        Inputs are cast to the weights' dtype. `strengths` weighs the two branches.
        """
        dtype = self.base.proj_out.weight.dtype
        tokens, text_tokens, pooled = tokens.to(dtype), text_tokens.to(dtype), pooled.to(dtype)
        img_ids = picture_ids(hints.height, hints.width, tokens.device, self.patch)
        txt_ids = text_ids(text_tokens.shape[1], tokens.device)
        residuals = [
            branch(tokens, hint, text_tokens, pooled, timesteps, guidance, img_ids, txt_ids)
            for branch, hint in ((self.controlnet1, hints.first), (self.controlnet2, hints.second))
        ]
        flow: Tensor = self.base(
            hidden_states=tokens,
            encoder_hidden_states=text_tokens,
            pooled_projections=pooled,
            timestep=timesteps,
            img_ids=img_ids,
            txt_ids=txt_ids,
            guidance=guidance,
            controlnet_block_samples=sum_residuals(residuals, strengths),
            controlnet_blocks_repeat=True,
            return_dict=False,
        )[0]
        return flow


class AppearanceModel(nn.Module):
    """The demo's appearance model: a Flux with its conditions' way in, and its word encoder, trained together."""

    def __init__(self, config: AppearanceConfig) -> None:
        super().__init__()
        self.config = config
        self.flux: ControlledFlux | ConcatenatedFlux
        if config.hint == "latents":
            self.flux = ConcatenatedFlux.new(config.base, config.control_blocks, config.patch)
        else:
            branch = config.base.control_branch(config.control_blocks, config.hint, config.patch)
            self.flux = ControlledFlux.new(config.base, branch)
        self.text = WordEncoder(config.text)

    def forward(
        self,
        tokens: Float[Tensor, "B N C4"],
        hints: Sequence[Tensor],
        text_tokens: Float[Tensor, "B L D"],
        pooled: Float[Tensor, "B P"],
        timesteps: Float[Tensor, " B"],
        guidance: Float[Tensor, " B"],
    ) -> Float[Tensor, "B N C4"]:
        """Predict the flow from hints (`hints_of`, or `latent_hints_of` for "latents"), for training."""
        flow: Tensor = self.flux(tokens, self.flux.encode_hints(hints), text_tokens, pooled, timesteps, guidance)
        return flow

    def save(self, directory: Path) -> Path:
        """Write ``weights.safetensors`` (configuration inside) into `directory` and return its path."""
        return weights_file.write_model(directory / weights_file.FILE_NAME, self, self.config)

    @classmethod
    def load(cls, source: str | Path = "demo", device: torch.device | str = "cpu") -> "AppearanceModel":
        """Load "demo" or a saved folder or file in float32. Raises WeightsError if it is absent or does not fit."""
        return weights_file.load_model(cls, source, DEMO_ID, AppearanceConfig).to(device)


def hints_of(conditions: Mapping[str, Float[Tensor, "B 3 H W"]]) -> tuple[Tensor, Tensor]:
    """Return each branch's six channels from pictures in [-1, 1]; an absent condition is black.

    Raises ValueError if there is no condition or one is unknown.
    """
    known = {name for pair in BRANCH_CONDITIONS for name in pair}
    unknown = sorted(conditions.keys() - known)
    if unknown or not conditions:
        raise ValueError(f"conditions must be among {', '.join(sorted(known))}, got {', '.join(unknown) or 'none'}")
    absent = torch.full_like(next(iter(conditions.values())), ABSENT)
    first, second = (torch.cat([conditions.get(name, absent) for name in pair], dim=1) for pair in BRANCH_CONDITIONS)
    return first, second
