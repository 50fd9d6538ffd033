import torch

from pam_models.motion import MotionModel
from pam_models.motion.denoiser import Denoiser, predict_velocity
from tests.pam_models.motion.test_transformer import conditions, inputs


def test_prepared_once_it_predicts_what_single_calls_do(small_model: MotionModel) -> None:
    """Catches conditions, strengths or positions that are lost between the steps: bit-equal."""
    given = inputs(small_model)
    made = Denoiser(
        small_model.transformer,
        given["first_frame"],
        {"conditional": given["text_tokens"], "unconditional": given["text_tokens"].flip(0)},
        conditions(),
        {"depth": 0.5},
    )
    with torch.inference_mode():
        expected = predict_velocity(small_model.transformer, **given, conditions=conditions(), strengths={"depth": 0.5})
        flipped = predict_velocity(
            small_model.transformer,
            **{**given, "text_tokens": given["text_tokens"].flip(0)},
            conditions=conditions(),
            strengths={"depth": 0.5},
        )
        assert torch.equal(made.conditional(given["noisy"], given["timestep"]), expected)
        assert torch.equal(made.unconditional(given["noisy"], given["timestep"]), flipped)


def test_conditions_are_embedded_once_for_all_steps_and_both_halves(small_model: MotionModel) -> None:
    """Catches work that is the same at every step and is done at every step."""
    given = inputs(small_model)
    calls: list[int] = []
    hook = small_model.transformer.patch_embed.register_forward_hook(lambda *_: calls.append(1))
    made = Denoiser(small_model.transformer, given["first_frame"], {"conditional": given["text_tokens"]}, conditions())
    assert len(calls) == 2
    with torch.inference_mode():
        for _ in range(3):
            made.conditional(given["noisy"], given["timestep"])
    hook.remove()
    assert len(calls) == 2 + 3
