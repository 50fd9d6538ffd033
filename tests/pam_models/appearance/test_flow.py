import math

import pytest
import torch
from torch import Tensor

from pam_models.appearance.flow import add_noise, euler, flow_target, initial_noise, sample_times, shifted_times


def test_time_zero_is_clean_and_time_one_is_noise() -> None:
    clean, noise = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    mixed = add_noise(clean, noise, torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(mixed[0], clean[0])
    torch.testing.assert_close(mixed[1], noise[1])


def test_the_sampler_with_the_true_flow_ends_at_the_clean_picture() -> None:
    """Catches a sign in the target or a sampler that runs the wrong way."""
    clean, noise = torch.randn(1, 3, 4), torch.randn(1, 3, 4)

    def flow(state: Tensor, times: Tensor) -> Tensor:
        torch.testing.assert_close(state, add_noise(clean, noise, times), rtol=1e-4, atol=1e-4)
        return flow_target(clean, noise)

    torch.testing.assert_close(euler(flow, noise, shifted_times(7, 54)), clean, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("tokens", "shift"), [(1200, 0.660), (256, 0.5), (4096, 1.15), (18, 0.460)])
def test_the_shift_comes_from_the_true_number_of_tokens(tokens: int, shift: float) -> None:
    """Catches the official mix-up, 0.460 for 1,200 tokens (pam-system.md section 2)."""
    middle = float(shifted_times(2, tokens)[1])
    assert math.log(middle / (1 - middle)) == pytest.approx(shift, abs=1e-3)


def test_times_fall_from_one_to_zero() -> None:
    times = shifted_times(28, 1200)
    assert times[0] == 1.0 and times[-1] == 0.0 and bool((times.diff() < 0).all())


def test_noise_depends_on_the_items_seed_alone() -> None:
    assert torch.equal(initial_noise((3, 2), [7, 8, 9])[2], initial_noise((3, 2), [9])[0])


def test_times_repeat_by_seed_and_never_are_zero() -> None:
    drawn = sample_times(4000, torch.Generator().manual_seed(5))
    assert torch.equal(drawn, sample_times(4000, torch.Generator().manual_seed(5)))
    assert drawn.min() > 0 and drawn.max() <= 1 and abs(float(drawn.mean()) - 0.5) < 0.02
