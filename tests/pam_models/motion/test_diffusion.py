import torch

from pam_models.motion.diffusion import NoiseSchedule, new_scheduler, sample_timesteps
from tests.pam_models.motion.conftest import Conformance


def test_the_scheduler_is_configured_as_published(conformance: Conformance) -> None:
    ours = new_scheduler().config
    assert {key: ours[key] for key in conformance.scheduler if not key.startswith("_")} == {
        key: value for key, value in conformance.scheduler.items() if not key.startswith("_")
    }


def test_the_last_timestep_is_pure_noise_and_the_first_nearly_clean() -> None:
    """Catches a schedule without zero terminal SNR, whose samples drift in brightness."""
    schedule, clean, noise = NoiseSchedule(), torch.full((2, 1, 1, 1, 1), 5.0), torch.ones(2, 1, 1, 1, 1)
    noisy = schedule.add_noise(clean, noise, torch.tensor([999, 0])).flatten()
    assert abs(float(noisy[0]) - 1.0) < 1e-6
    assert abs(float(noisy[1]) - 5.0) < 0.15


def test_clean_latents_come_back_from_the_velocity_target() -> None:
    """Catches a sign or a swapped level in v."""
    schedule = NoiseSchedule()
    clean, noise, steps = torch.randn(3, 2, 4), torch.randn(3, 2, 4), torch.tensor([0, 400, 999])
    noisy, velocity = schedule.add_noise(clean, noise, steps), schedule.velocity(clean, noise, steps)
    torch.testing.assert_close(schedule.clean_from_velocity(noisy, velocity, steps), clean, rtol=1e-4, atol=1e-5)


def test_the_schedule_agrees_with_the_scheduler() -> None:
    clean, noise, steps = torch.randn(2, 3), torch.randn(2, 3), torch.tensor([100, 700])
    expected = new_scheduler().add_noise(clean, noise, steps)
    torch.testing.assert_close(NoiseSchedule().add_noise(clean, noise, steps), expected.float(), rtol=1e-5, atol=1e-6)


def test_timesteps_repeat_by_seed_and_cover_the_range() -> None:
    drawn = sample_timesteps(4000, torch.Generator().manual_seed(5))
    assert torch.equal(drawn, sample_timesteps(4000, torch.Generator().manual_seed(5)))
    assert drawn.min() < 5 and drawn.max() > 994 and drawn.max() <= 999


def test_velocity_and_clean_latents_imply_each_other() -> None:
    """Catches a swapped signal and noise level in either direction, at the noisiest and at the cleanest level."""
    generator = torch.Generator().manual_seed(3)
    clean, noise = torch.randn(3, 2, 4, generator=generator), torch.randn(3, 2, 4, generator=generator)
    timesteps = torch.tensor([999, 400, 0])
    schedule = NoiseSchedule()
    noisy = schedule.add_noise(clean, noise, timesteps)
    velocity = schedule.velocity_of_clean(noisy, clean, timesteps)
    torch.testing.assert_close(velocity, schedule.velocity(clean, noise, timesteps), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(schedule.clean_from_velocity(noisy, velocity, timesteps), clean, rtol=1e-4, atol=1e-5)
