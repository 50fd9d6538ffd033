"""One clip's transformer call at every step: what stays the same over the steps is computed once."""

from collections.abc import Mapping, Sequence
from functools import cache

import torch
from jaxtyping import Float
from torch import Tensor

from pam_models.acceleration.options import SpeedOptions
from pam_models.acceleration.running import attention_kernel
from pam_models.motion.configuration import TransformerConfig
from pam_models.motion.diffusion import NoiseSchedule
from pam_models.motion.positions import rotary_positions
from pam_models.motion.residual_cache import ResidualCache
from pam_models.motion.transformer import MultiConditionTransformer

CONDITIONAL = "conditional"
UNCONDITIONAL = "unconditional"


def predict_velocity(
    transformer: MultiConditionTransformer,
    noisy: Float[Tensor, "B F C h w"],
    first_frame: Float[Tensor, "B F C h w"],
    timestep: Tensor,
    text_tokens: Float[Tensor, "B L D"],
    conditions: Mapping[str, Tensor],
    strengths: Mapping[str, float] | None = None,
    moments: Sequence[int] | None = None,
    *,
    cut_out: bool = False,
) -> Float[Tensor, "B F C h w"]:
    """Predict v from noisy latents, padded first-frame latents and condition inputs, made by `motion.latents`.

    `moments` are the latent frames' places in time where they are not 0, 1, 2, ..., for training on parts of clips;
    `cut_out` says that the latents are a part of the picture. Inputs are cast to the weights' dtype.
    """
    dtype = transformer.proj_out.weight.dtype
    hidden = torch.cat([noisy, _arranged(transformer.settings, first_frame)], dim=2).to(dtype)
    given = {
        name: _arranged_condition(transformer.settings, name, value).to(dtype) for name, value in conditions.items()
    }
    frames, height, width = hidden.shape[1], hidden.shape[3], hidden.shape[4]
    rotary = rotary_positions(transformer.settings, frames, height, width, hidden.device, moments, cut_out=cut_out)
    output: Tensor = transformer(hidden, text_tokens.to(dtype), timestep, given, rotary, strengths)
    return _as_velocity(transformer, output, noisy, timestep)


def _arranged(settings: TransformerConfig, first: Float[Tensor, "B F C h w"]) -> Float[Tensor, "B F C h w"]:
    """First-frame latents as the model reads them: before zeros, as they come, or in every frame."""
    return first if settings.first_frame == "padded" else first[:, :1].expand_as(first)


def _arranged_condition(settings: TransformerConfig, name: str, value: Tensor) -> Tensor:
    """A condition's input with its own first frame, which is the second half of its channels, arranged alike."""
    if settings.first_frame == "padded" or name in settings.coordinate_conditions:
        return value
    clip, first = value.chunk(2, dim=2)
    return torch.cat([clip, _arranged(settings, first)], dim=2)


def _as_velocity(
    transformer: MultiConditionTransformer, output: Tensor, noisy: Float[Tensor, "B F C h w"], timestep: Tensor
) -> Float[Tensor, "B F C h w"]:
    """A model that predicts clean latents is answered for with the v that they imply."""
    if transformer.settings.predicts == "velocity":
        return output
    return _noise_schedule().velocity_of_clean(noisy.float(), output.float(), timestep)


@cache
def _noise_schedule() -> NoiseSchedule:
    with torch.inference_mode(mode=False):  # training reads the same levels
        return NoiseSchedule()


class Denoiser:
    """The two halves of guidance as functions of (latents, timesteps), for `sampling.denoise`.

    Conditions are embedded and positions computed once; both halves share them. With a cache in `speed`, call
    `begin_step` before every step, as `denoise` does.
    """

    def __init__(
        self,
        transformer: MultiConditionTransformer,
        first_frame: Float[Tensor, "B F C h w"],
        texts: Mapping[str, Float[Tensor, "B L D"]],
        conditions: Mapping[str, Tensor],
        strengths: Mapping[str, float] | None = None,
        speed: SpeedOptions | None = None,
    ) -> None:
        """`texts` holds the tokens of "conditional" and, where guidance is used, of "unconditional"."""
        self._transformer = transformer
        self._dtype = transformer.proj_out.weight.dtype
        self._first = _arranged(transformer.settings, first_frame)
        self._texts = {half: tokens.to(self._dtype) for half, tokens in texts.items()}
        self._speed = speed or SpeedOptions()
        self._cache = None if self._speed.cache is None else ResidualCache(self._speed.cache)
        frames, height, width = first_frame.shape[1], first_frame.shape[3], first_frame.shape[4]
        self._rotary = rotary_positions(transformer.settings, frames, height, width, first_frame.device)
        like = torch.cat([first_frame, first_frame], dim=2).to(self._dtype)
        given = {
            name: _arranged_condition(transformer.settings, name, value).to(like) for name, value in conditions.items()
        }
        with torch.inference_mode():
            self._control = transformer.prepare(given, self._texts[CONDITIONAL], like, strengths)

    @property
    def cache(self) -> ResidualCache | None:
        """The residual cache with its counts of computed and reused steps, if one is on."""
        return self._cache

    def begin_step(self) -> None:
        """Tell the cache that a step begins."""
        if self._cache is not None:
            self._cache.begin_step()

    def conditional(self, latents: Tensor, timesteps: Tensor) -> Float[Tensor, "B F C h w"]:
        """Predict v under the prompt."""
        return self._velocity(CONDITIONAL, latents, timesteps)

    def unconditional(self, latents: Tensor, timesteps: Tensor) -> Float[Tensor, "B F C h w"]:
        """Predict v under the negative prompt."""
        return self._velocity(UNCONDITIONAL, latents, timesteps)

    def _velocity(self, half: str, latents: Tensor, timesteps: Tensor) -> Float[Tensor, "B F C h w"]:
        hidden = torch.cat([latents, self._first], dim=2).to(self._dtype)
        cached = None if self._cache is None else self._cache.half(half)
        with attention_kernel(self._speed.attention):
            output: Tensor = self._transformer(
                hidden,
                self._texts[half],
                timesteps,
                image_rotary_emb=self._rotary,
                control=self._control,
                cached=cached,
            )
        return _as_velocity(self._transformer, output, latents, timesteps)
