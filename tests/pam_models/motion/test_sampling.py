from collections.abc import Callable

import torch
from diffusers.schedulers.scheduling_dpm_cogvideox import CogVideoXDPMScheduler
from torch import Tensor

from pam_models.motion.diffusion import new_scheduler
from pam_models.motion.modeling import predict_velocity
from pam_models.motion.published import load_transformer
from pam_models.motion.sampling import denoise, initial_noise
from tests.pam_models.motion.conftest import OFFICIAL_NAMES, Conformance


def test_the_whole_loop_ends_where_the_official_one_does(conformance: Conformance) -> None:
    given = conformance.tensors
    transformer = load_transformer(conformance.weights(), sizes=conformance.sizes())
    conditions = {
        name: torch.cat(
            [given[f"loop.condition_latents.{official}"], given[f"loop.first_frame_latents.{official}"]], dim=2
        )
        for name, official in OFFICIAL_NAMES.items()
    }

    def velocity(text: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
        first = given["loop.first_frame_latents.image"]
        return lambda latents, steps: predict_velocity(transformer, latents, first, steps, text, conditions)

    end = denoise(
        velocity(given["loop.prompt_embeds"]),
        velocity(given["loop.negative_prompt_embeds"]),
        given["loop.latents_start"],
        CogVideoXDPMScheduler.from_config(dict(conformance.scheduler)),
        len(given["loop.timesteps"]),
        [torch.Generator().manual_seed(12)],
        6.0,
        "pam",
    )
    torch.testing.assert_close(end, given["loop.latents_end"], rtol=1e-4, atol=1e-4)


def test_a_perfect_model_of_one_clip_recovers_it() -> None:
    """Catches a loop that stops short of clean latents."""
    clean = torch.randn(1, 3, 4, 2, 2, generator=torch.Generator().manual_seed(0))
    scheduler = new_scheduler()
    alphas = scheduler.alphas_cumprod

    def velocity(latents: Tensor, steps: Tensor) -> Tensor:
        alpha = alphas[steps].view(-1, 1, 1, 1, 1)
        return (alpha.sqrt() * latents - clean) / (1 - alpha).sqrt()

    generators = [torch.Generator().manual_seed(1)]
    end = denoise(velocity, velocity, initial_noise((3, 4, 2, 2), generators), scheduler, 10, generators)
    torch.testing.assert_close(end, clean, rtol=1e-3, atol=1e-3)


def test_the_unconditional_half_is_skipped_at_scale_one_and_used_otherwise() -> None:
    calls: list[int] = []

    def unconditional(latents: Tensor, steps: Tensor) -> Tensor:
        calls.append(len(steps))
        return torch.zeros_like(latents)

    def run(guidance: float) -> Tensor:
        generators = [torch.Generator().manual_seed(1)]
        noise = initial_noise((3, 4, 2, 2), generators)
        return denoise(lambda x, _: 0.1 * x, unconditional, noise, new_scheduler(), 4, generators, guidance)

    plain = run(1.0)
    assert calls == []
    assert not torch.allclose(run(2.0), plain)
    assert calls == [1, 1, 1, 1]


def test_each_item_draws_from_its_own_seed() -> None:
    """Catches noise that depends on an item's place in the batch, at the start or between steps."""

    def run(seeds: list[int]) -> Tensor:
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        noise = initial_noise((3, 4, 2, 2), generators)
        return denoise(lambda x, _: 0.1 * x, lambda x, _: x, noise, new_scheduler(), 4, generators)

    torch.testing.assert_close(run([7, 8])[1:], run([8]), rtol=1e-6, atol=1e-6)
