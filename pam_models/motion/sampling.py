"""The sampling loop of the motion model: CogVideoX's second-order stochastic DPM solver."""

from collections.abc import Callable, Sequence

import torch
from diffusers.schedulers.scheduling_dpm_cogvideox import CogVideoXDPMScheduler
from jaxtyping import Float
from torch import Tensor

from pam_models.motion.guidance import GuidanceSchedule, guidance_scale_at, guides

Velocity = Callable[[Tensor, Tensor], Tensor]


def initial_noise(
    shape: tuple[int, ...], generators: Sequence[torch.Generator], device: torch.device | str = "cpu"
) -> Float[Tensor, "B F C h w"]:
    """Draw start latents, item by item from its own generator; `shape` is one item's."""
    return torch.stack([torch.randn(shape, generator=generator) for generator in generators]).to(device)


@torch.inference_mode()
def denoise(
    conditional: Velocity,
    unconditional: Velocity,
    latents: Float[Tensor, "B F C h w"],
    scheduler: CogVideoXDPMScheduler,
    steps: int,
    generators: Sequence[torch.Generator],
    guidance: float = 1.0,
    schedule: GuidanceSchedule = "constant",
    begin_step: Callable[[], None] | None = None,
) -> Float[Tensor, "B F C h w"]:
    """Run `steps` solver steps from noise to clean latents, in the latents' dtype; `begin_step` is called before each.

    `conditional` and `unconditional` map (latents, timesteps (B,)) to v; the second is called only where the guidance
    scale differs from 1, for at 1 it has no weight. Noise comes from each item's own CPU generator. One generator for a
    batch of several draws for all of them at once, as the official loop does.
    """
    scheduler.set_timesteps(steps, device=latents.device)
    timesteps = scheduler.timesteps
    advance: Callable[..., tuple[Tensor, Tensor]] = scheduler.step  # type: ignore[assignment]
    before: Tensor | None = None
    for index, timestep in enumerate(timesteps):
        if begin_step is not None:
            begin_step()
        batched = timestep.expand(latents.shape[0])
        velocity = conditional(latents, batched).float()
        scale = guidance_scale_at(index, int(timestep), steps, guidance, schedule)
        if guides(scale):
            base = unconditional(latents, batched).float()
            velocity = base + scale * (velocity - base)
        advanced, before = advance(
            velocity,
            before,
            timestep,
            timesteps[index - 1] if index else None,
            latents,
            generator=list(generators) if len(generators) > 1 else generators[0],
        )
        latents = advanced.to(latents.dtype)
    return latents
