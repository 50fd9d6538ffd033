"""What the sampling pipeline needs of a video model, whatever its backbone."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from pam_models.acceleration.options import SpeedOptions
from pam_models.motion.denoiser import CONDITIONAL, UNCONDITIONAL, Denoiser
from pam_models.motion.transformer import MultiConditionTransformer


class TextEncoder(Protocol):
    """What turns prompts into tokens (B, L, D) and a pooled embedding (B, P)."""

    def encode(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Encode prompts in order."""


class Halves(Protocol):
    """The two halves of guidance, each (latents, timesteps (B,)) to v."""

    def begin_step(self) -> None:
        """Called before each step."""

    def conditional(self, latents: Tensor, timesteps: Tensor) -> Tensor:
        """Predict v under the prompt."""

    def unconditional(self, latents: Tensor, timesteps: Tensor) -> Tensor:
        """Predict v without it."""


class MotionParts(Protocol):
    """A video model: a `MotionModel`, the paper's pair, or an SVD baseline."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that it reads."""

    @property
    def coordinate_conditions(self) -> tuple[str, ...]:
        """Those of them that it reads as joints' coordinates instead of as videos."""

    @property
    def sample_frames(self) -> int:
        """Pixel frames of a clip."""

    @property
    def latent_frames(self) -> int:
        """Latent frames of a clip."""

    def contexts(
        self, prompts: Sequence[str], first_frame: UInt8[np.ndarray, "B H W 3"], negative: str | None
    ) -> dict[str, Float[Tensor, "B L D"]]:
        """What attention reads beside the clip, "conditional" and, unless `negative` is None, "unconditional"."""

    def halves(
        self,
        first: Float[Tensor, "B F C h w"],
        contexts: Mapping[str, Float[Tensor, "B L D"]],
        conditions: Mapping[str, Tensor],
        strengths: Mapping[str, float] | None,
        speed: SpeedOptions,
    ) -> Halves:
        """Make ready for the steps of one batch of clips."""


class TransformerParts:
    """The `MotionParts` of a `MultiConditionTransformer` with a text encoder."""

    transformer: MultiConditionTransformer
    text: TextEncoder

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that the transformer has slots for."""
        return self.transformer.settings.conditions

    @property
    def coordinate_conditions(self) -> tuple[str, ...]:
        """Slots that take coordinates."""
        return self.transformer.settings.coordinate_conditions

    @property
    def sample_frames(self) -> int:
        """Pixel frames of a clip."""
        return self.transformer.settings.sample_frames

    @property
    def latent_frames(self) -> int:
        """Latent frames of a clip."""
        return self.transformer.settings.latent_frames

    def contexts(
        self, prompts: Sequence[str], first_frame: UInt8[np.ndarray, "B H W 3"], negative: str | None
    ) -> dict[str, Float[Tensor, "B L D"]]:
        """The prompts' tokens and, unless it is None, the negative prompt's."""
        found = {CONDITIONAL: self.text.encode(prompts)[0]}
        if negative is not None:
            found[UNCONDITIONAL] = self.text.encode([negative] * len(prompts))[0]
        return found

    def halves(
        self,
        first: Float[Tensor, "B F C h w"],
        contexts: Mapping[str, Float[Tensor, "B L D"]],
        conditions: Mapping[str, Tensor],
        strengths: Mapping[str, float] | None,
        speed: SpeedOptions,
    ) -> Halves:
        """Embed the conditions once for all steps."""
        return Denoiser(self.transformer, first, contexts, conditions, strengths, speed)
