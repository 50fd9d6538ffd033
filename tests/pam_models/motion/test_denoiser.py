import torch

from pam_models.motion import MotionModel
from pam_models.motion.denoiser import Denoiser, predict_velocity
from pam_models.motion.diffusion import NoiseSchedule
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


def test_a_model_of_clean_latents_answers_with_the_velocity_they_imply(small_model: MotionModel) -> None:
    """Catches x_0 that is handed to the solver as v: the same weights, read as x_0, lead to that x_0."""
    settings = small_model.config.transformer.model_copy(update={"predicts": "clean"})
    clean_model = MotionModel(small_model.config.model_copy(update={"transformer": settings})).eval()
    clean_model.load_state_dict(small_model.state_dict())
    given = inputs(small_model)
    with torch.inference_mode():
        output = predict_velocity(small_model.transformer, **given, conditions=conditions())
        velocity = predict_velocity(clean_model.transformer, **given, conditions=conditions())
    steps = given["timestep"].long()
    implied = NoiseSchedule().clean_from_velocity(given["noisy"], velocity, steps)
    torch.testing.assert_close(implied, output, rtol=1e-4, atol=1e-4)


def test_a_repeated_first_frame_reaches_every_latent_frame(small_model: MotionModel) -> None:
    """Catches a model that was trained on repeated first frames and meets padded ones: only the first one counts."""
    settings = small_model.config.transformer.model_copy(update={"first_frame": "repeated"})
    repeating = MotionModel(small_model.config.model_copy(update={"transformer": settings})).eval()
    repeating.load_state_dict(small_model.state_dict())
    given = inputs(small_model)
    repeated = {**given, "first_frame": given["first_frame"][:, :1].expand_as(given["first_frame"])}
    halves = {name: value.chunk(2, dim=2) for name, value in conditions().items()}
    by_hand = {name: torch.cat([clip, own[:, :1].expand_as(own)], dim=2) for name, (clip, own) in halves.items()}
    with torch.inference_mode():
        expected = predict_velocity(small_model.transformer, **repeated, conditions=by_hand)
        assert torch.equal(predict_velocity(repeating.transformer, **given, conditions=conditions()), expected)
