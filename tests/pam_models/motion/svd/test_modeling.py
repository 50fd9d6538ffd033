from pathlib import Path

import pytest
import torch
from torch import Tensor

from pam_models.motion.diffusion import NoiseSchedule
from pam_models.motion.svd import SvdConfig, SvdModel
from pam_models.motion.svd.configuration import small_config

CONFIG = small_config(("depth", "hand_mask"), latent_channels=4, sample_frames=9)


def inputs(batch: int = 2) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(3)
    shape = (batch, 3, 4, 6, 9)
    return {
        "noisy": torch.randn(shape, generator=generator),
        "first_frame": torch.randn(shape, generator=generator),
        "timestep": torch.tensor([10, 999][:batch]),
        "text_tokens": torch.zeros(batch, 0, 64),
    }


def conditions(batch: int = 2) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(4)
    return {name: torch.randn(batch, 3, 8, 6, 9, generator=generator) for name in CONFIG.conditions}


@pytest.fixture(scope="module")
def fresh() -> SvdModel:
    torch.manual_seed(0)
    return SvdModel(CONFIG).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def shaken() -> SvdModel:
    torch.manual_seed(0)
    model = SvdModel(CONFIG).eval().requires_grad_(False)
    for parameter in model.parameters():
        parameter.add_(0.05 * torch.randn(parameter.shape))
    return model


def test_a_fresh_branch_is_bit_equal_to_diffusers_own_unet(fresh: SvdModel) -> None:
    """Catches a UNet taken apart wrongly (odd sides, skips, time ids) and outputs that are not zero at the start."""
    given = inputs()
    still = given["first_frame"][:, :1]
    pooled = torch.nn.functional.adaptive_avg_pool2d(still[:, 0], 4).flatten(1)
    alpha = NoiseSchedule().alphas_cumprod[given["timestep"]].clamp_min(1e-12)
    sigma = ((1 - alpha) / alpha).sqrt().clamp(1e-3, 700.0)
    expected = fresh.unet(
        torch.cat([given["noisy"], still.expand(-1, 3, -1, -1, -1)], dim=2),
        0.25 * sigma.log(),
        fresh.image_context(pooled)[:, None],
        torch.tensor([[14.0, 127.0, 0.02]] * 2),
        return_dict=False,
    )[0]
    assert torch.equal(fresh(**given, conditions=conditions()), expected)
    assert torch.equal(fresh(**given, conditions={}), expected)


def test_conditions_reach_the_output_by_name_and_strength(shaken: SvdModel) -> None:
    """Catches slots filled by position, an absent condition that is no zero, and a strength that changes nothing."""
    given, full = inputs(), conditions()
    zeroed = shaken(**given, conditions={**full, "depth": torch.zeros_like(full["depth"])})
    whole = shaken(**given, conditions=full)
    assert not torch.allclose(whole, zeroed, atol=1e-4)
    torch.testing.assert_close(shaken(**given, conditions={"hand_mask": full["hand_mask"]}), zeroed)
    torch.testing.assert_close(shaken(**given, conditions=full, strengths={"depth": 0.0}), zeroed)
    torch.testing.assert_close(shaken(**given, conditions=dict(reversed(full.items()))), whole)
    with pytest.raises(ValueError, match="no condition is called normal; this model has depth, hand_mask"):
        shaken(**given, conditions={"normal": full["depth"]})


def test_batched_equals_single(shaken: SvdModel) -> None:
    whole = shaken(**inputs(), conditions=conditions())
    one = {name: value[:1] for name, value in inputs().items()}
    single = shaken(**one, conditions={name: value[:1] for name, value in conditions().items()})
    assert float((single - whole[:1]).abs().max() / whole.abs().max()) < 1e-5


def test_it_trains_under_the_motion_models_contract() -> None:
    """Catches a baseline that training cannot take: words, latents and conditions as for CogVideoX; the loss falls."""
    torch.manual_seed(0)
    model = SvdModel(CONFIG)
    clean, schedule = inputs()["noisy"], NoiseSchedule()
    optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3)
    losses = []
    for step in range(12):
        generator = torch.Generator().manual_seed(step % 3)
        timesteps = torch.tensor([300, 700])
        noise = torch.randn(clean.shape, generator=generator)
        tokens, _ = model.text(model.text.indices(["a mug", "a can"]))
        noisy = schedule.add_noise(clean, noise, timesteps)
        predicted = model(noisy, inputs()["first_frame"], timesteps, tokens, conditions(), moments=[0, 1, 2])
        loss = (predicted - schedule.velocity(clean, noise, timesteps)).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.8 * losses[0]
    with pytest.raises(ValueError, match="whole clips"):
        model(**inputs(), conditions={}, moments=[0, 2, 3])


def test_only_the_branch_counts_as_trained_on_a_frozen_base(fresh: SvdModel) -> None:
    names = fresh.control_parameters()
    assert names and all(name.startswith("control.") for name in names)
    assert "control.zero_middle.weight" in names and "control.conv_condition.weight" in names


def test_the_published_unet_fits_by_name_and_shape() -> None:
    """Catches sizes that differ from Stable Video Diffusion's 1.5 billion parameters."""
    with torch.device("meta"):
        model = SvdModel(SvdConfig())
    assert sum(value.numel() for value in model.unet.parameters()) == 1_524_623_082


def test_saved_and_loaded_it_predicts_the_same(shaken: SvdModel, tmp_path: Path) -> None:
    shaken.save(tmp_path)
    loaded = SvdModel.load(tmp_path)
    expected = shaken(**inputs(), conditions=conditions())
    torch.testing.assert_close(loaded(**inputs(), conditions=conditions()), expected, rtol=0, atol=0)
