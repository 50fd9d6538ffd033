"""The diffusion process of the motion model: noise schedule, noisy latents, and the v target.

In training v is regressed without weights: the official loss, mean[(x0_hat - x0)^2 / (1 - alpha_bar)], is exactly that
(pam-system.md section 3). The schedule stays in float32: cast to bfloat16 its first steps would carry no noise.
"""

import torch
from diffusers.schedulers.scheduling_dpm_cogvideox import CogVideoXDPMScheduler
from jaxtyping import Float, Int
from torch import Tensor

NUM_TRAIN_TIMESTEPS = 1000


def new_scheduler(snr_shift_scale: float = 1.0) -> CogVideoXDPMScheduler:
    """Return CogVideoX-5b-I2V's scheduler: v prediction, zero terminal SNR, trailing steps."""
    scheduler: CogVideoXDPMScheduler = CogVideoXDPMScheduler(
        num_train_timesteps=NUM_TRAIN_TIMESTEPS,
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        clip_sample=False,
        set_alpha_to_one=True,
        steps_offset=0,
        prediction_type="v_prediction",
        timestep_spacing="trailing",
        rescale_betas_zero_snr=True,
        snr_shift_scale=snr_shift_scale,
    )
    return scheduler


class NoiseSchedule:
    """Signal and noise levels by timestep (float32), for training."""

    def __init__(self, snr_shift_scale: float = 1.0) -> None:
        self.alphas_cumprod: Float[Tensor, " steps"] = new_scheduler(snr_shift_scale).alphas_cumprod.float()

    def levels(self, timesteps: Int[Tensor, " B"], ndim: int) -> tuple[Tensor, Tensor]:
        """Return sqrt(alpha_bar) and sqrt(1 - alpha_bar), shaped to broadcast over `ndim` axes."""
        alpha = self.alphas_cumprod.to(timesteps.device)[timesteps].view(-1, *[1] * (ndim - 1))
        return alpha.sqrt(), (1.0 - alpha).sqrt()

    def add_noise(self, clean: Tensor, noise: Tensor, timesteps: Int[Tensor, " B"]) -> Tensor:
        """Return x_t = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) noise."""
        signal, spread = self.levels(timesteps, clean.ndim)
        return signal * clean + spread * noise

    def velocity(self, clean: Tensor, noise: Tensor, timesteps: Int[Tensor, " B"]) -> Tensor:
        """Return the regression target v = sqrt(alpha_bar) noise - sqrt(1 - alpha_bar) x_0."""
        signal, spread = self.levels(timesteps, clean.ndim)
        return signal * noise - spread * clean

    def velocity_of_clean(self, noisy: Tensor, clean: Tensor, timesteps: Int[Tensor, " B"]) -> Tensor:
        """Return the v that a predicted x_0 implies."""
        signal, spread = self.levels(timesteps, noisy.ndim)
        return (signal * noisy - clean) / spread

    def clean_from_velocity(self, noisy: Tensor, velocity: Tensor, timesteps: Int[Tensor, " B"]) -> Tensor:
        """Return the x_0 that a predicted v implies."""
        signal, spread = self.levels(timesteps, noisy.ndim)
        return signal * noisy - spread * velocity


def sample_timesteps(batch: int, generator: torch.Generator) -> Int[Tensor, " B"]:
    """Draw timesteps uniformly from 0..999, one a sample."""
    return torch.randint(0, NUM_TRAIN_TIMESTEPS, (batch,), generator=generator)
