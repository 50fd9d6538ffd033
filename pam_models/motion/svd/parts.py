"""What the sampling pipeline needs of an SVD baseline (`motion.parts.MotionParts`)."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from jaxtyping import Float, UInt8
from torch import Tensor

from pam_models.acceleration.options import SpeedOptions
from pam_models.motion.denoiser import CONDITIONAL, UNCONDITIONAL
from pam_models.motion.parts import Halves, TextEncoder
from pam_models.motion.svd.configuration import SvdConfig


class Velocity(Protocol):
    """The model's call."""

    def __call__(
        self,
        noisy: Tensor,
        first_frame: Tensor,
        timestep: Tensor,
        text_tokens: Tensor,
        conditions: Mapping[str, Tensor],
        strengths: Mapping[str, float] | None = None,
    ) -> Tensor:
        """Predict v."""


class SvdHalves:
    """Both halves of guidance. SVD has no text; the unconditional half is without the first frame, as published."""

    def __init__(
        self,
        model: Velocity,
        first: Float[Tensor, "B F C h w"],
        contexts: Mapping[str, Tensor],
        conditions: Mapping[str, Tensor],
        strengths: Mapping[str, float] | None,
    ) -> None:
        self._model = model
        self._first = first
        self._contexts = contexts
        self._conditions = conditions
        self._strengths = strengths

    def begin_step(self) -> None:
        """Do nothing: there is no cache."""

    def conditional(self, latents: Tensor, timesteps: Tensor) -> Tensor:
        """Predict v from the first frame."""
        return self._model(
            latents, self._first, timesteps, self._contexts[CONDITIONAL], self._conditions, self._strengths
        )

    def unconditional(self, latents: Tensor, timesteps: Tensor) -> Tensor:
        """Predict v without it."""
        nothing = self._first.new_zeros(self._first.shape)
        return self._model(
            latents, nothing, timesteps, self._contexts[UNCONDITIONAL], self._conditions, self._strengths
        )


class SvdParts:
    """The `MotionParts` of an SVD baseline."""

    config: SvdConfig
    text: TextEncoder

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions that its branch reads."""
        return self.config.conditions

    @property
    def coordinate_conditions(self) -> tuple[str, ...]:
        """None: every condition is a video."""
        return ()

    @property
    def sample_frames(self) -> int:
        """Pixel frames of a clip."""
        return self.config.sample_frames

    @property
    def latent_frames(self) -> int:
        """Latent frames of a clip."""
        return self.config.latent_frames

    def contexts(
        self, prompts: Sequence[str], first_frame: UInt8[np.ndarray, "B H W 3"], negative: str | None
    ) -> dict[str, Float[Tensor, "B L D"]]:
        """No text; the model makes its context out of the first frame's latent."""
        tokens = self.text.encode(prompts)[0]
        return {CONDITIONAL: tokens} if negative is None else {CONDITIONAL: tokens, UNCONDITIONAL: tokens}

    def halves(
        self,
        first: Float[Tensor, "B F C h w"],
        contexts: Mapping[str, Float[Tensor, "B L D"]],
        conditions: Mapping[str, Tensor],
        strengths: Mapping[str, float] | None,
        speed: SpeedOptions,
    ) -> Halves:
        """Make both halves ready. Raises ValueError for a cache: SVD has none."""
        if speed.cache is not None:
            raise ValueError("speed.cache is for CogVideoX; the SVD baselines have none")
        return SvdHalves(self, first, contexts, conditions, strengths)  # type: ignore[arg-type]
