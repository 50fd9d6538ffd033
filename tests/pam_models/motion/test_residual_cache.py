"""The cache over steps, alone and within the transformer."""

import torch
from torch import Tensor

from pam_models.acceleration.options import CacheOptions, SpeedOptions
from pam_models.motion import MotionModel
from pam_models.motion.denoiser import Denoiser
from pam_models.motion.diffusion import new_scheduler
from pam_models.motion.residual_cache import ResidualCache
from pam_models.motion.sampling import denoise, initial_noise
from tests.pam_models.motion.test_transformer import conditions

ALWAYS = CacheOptions(threshold=1e9, warmup_steps=1, max_reused=1000)


def denoiser(model: MotionModel, cache: CacheOptions | None) -> Denoiser:
    generator = torch.Generator().manual_seed(5)
    first = torch.randn(1, 3, 16, 2, 4, generator=generator)
    texts = {half: model.text.encode([prompt])[0] for half, prompt in (("conditional", "a"), ("unconditional", ""))}
    given = {name: value[:1] for name, value in conditions().items()}
    return Denoiser(model.transformer, first, texts, given, speed=SpeedOptions(cache=cache))


def sampled(made: Denoiser, steps: int = 6, guidance: float = 2.0) -> Tensor:
    generators = [torch.Generator().manual_seed(1)]
    noise = initial_noise((3, 16, 2, 4), generators)
    return denoise(
        made.conditional,
        made.unconditional,
        noise,
        new_scheduler(),
        steps,
        generators,
        guidance,
        begin_step=made.begin_step,
    )


def test_off_and_never_reusing_are_bit_equal_to_plain(small_model: MotionModel) -> None:
    """Catches a cache that costs accuracy where it saves nothing."""
    plain = sampled(denoiser(small_model, None))
    assert torch.equal(sampled(denoiser(small_model, CacheOptions(threshold=0.0, warmup_steps=1))), plain)


def test_identical_inputs_give_zero_error_and_run_one_block_of_each_stack(small_model: MotionModel) -> None:
    """Catches diffusers' fault: the copied blocks run on, and their residual is added twice."""
    made = denoiser(small_model, ALWAYS)
    ran: list[str] = []
    hooks = [
        block.register_forward_pre_hook(lambda _, __, name=name: ran.append(name))
        for name, block in small_model.transformer.named_modules()
        if name.startswith("transformer_blocks") and name.count(".") == 1
    ]
    latents, timestep = torch.randn(1, 3, 16, 2, 4), torch.tensor([500])
    results = []
    for _ in range(2):
        made.begin_step()
        results.append((made.conditional(latents, timestep), made.unconditional(latents, timestep)))
    for hook in hooks:
        hook.remove()
    assert torch.equal(results[0][0], results[1][0]) and torch.equal(results[0][1], results[1][1])
    blocks = len(small_model.transformer.transformer_blocks) + len(small_model.transformer.transformer_blocks_copy)
    assert ran[2 * blocks :] == ["transformer_blocks.0", "transformer_blocks_copy.0"] * 2
    assert made.cache is not None and (made.cache.computed_steps, made.cache.reused_steps) == (1, 1)


def test_reuse_is_bounded_and_changes_the_result_a_little(small_model: MotionModel) -> None:
    made = denoiser(small_model, CacheOptions(threshold=1e9, warmup_steps=2, max_reused=1))
    cached, plain = sampled(made), sampled(denoiser(small_model, None))
    assert made.cache is not None
    assert (made.cache.computed_steps, made.cache.reused_steps) == (4, 2)
    assert 0 < (cached - plain).norm() / plain.norm() < 0.5


def test_one_decision_serves_both_halves() -> None:
    """Catches halves that decide apart: guidance would then amplify the difference of two steps."""
    cache = ResidualCache(CacheOptions(threshold=0.1, warmup_steps=1))
    entered, computed = torch.zeros(1, 2, 3), []

    def step(conditional: float, unconditional: float) -> None:
        cache.begin_step()
        for half, effect in (("conditional", conditional), ("unconditional", unconditional)):
            cache.half(half).run(entered, entered + effect, lambda half=half: computed.append(half) or entered + 9.0)

    step(1.0, 1.0)
    step(1.01, 5.0)
    assert computed == ["conditional", "unconditional"]
    step(2.0, 5.0)
    assert computed == ["conditional", "unconditional"] * 2


def test_a_half_that_was_skipped_before_is_computed() -> None:
    """Catches a step whose guidance was 1 leaving the unconditional half without anything to reuse."""
    cache = ResidualCache(ALWAYS)
    entered = torch.ones(1, 2, 3)
    for half in ("conditional", "conditional", "unconditional"):
        if half == "conditional":
            cache.begin_step()
        found = cache.half(half).run(entered, 2 * entered, lambda half=half: entered * len(half))
    assert torch.equal(found, entered * len("unconditional"))
