from collections.abc import Mapping

import pytest
import torch
from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel
from torch import Tensor

from pam_models.motion import MotionConfig, MotionModel, MultiConditionTransformer
from pam_models.motion.positions import rotary_positions
from tests.pam_models.motion.conftest import OFFICIAL_NAMES, Conformance


def inputs(model: MotionModel, batch: int = 2) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(3)
    shape = (batch, 3, 16, 2, 4)
    return {
        "noisy": torch.randn(shape, generator=generator),
        "first_frame": torch.randn(shape, generator=generator),
        "timestep": torch.tensor([10, 900][:batch]),
        "text_tokens": model.text.encode(["a red mug", "a blue mug"][:batch])[0],
    }


def conditions(batch: int = 2) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(4)
    return {name: torch.randn(batch, 3, 32, 2, 4, generator=generator) for name in ("depth", "segmentation")}


def test_one_call_equals_the_official_output(conformance: Conformance) -> None:
    settings = {key: value for key, value in conformance.config.items() if key != "num_tracking_blocks"}
    settings["num_control_blocks"] = conformance.config["num_tracking_blocks"]
    model = MultiConditionTransformer(MotionConfig.model_fields["transformer"].annotation(**settings)).eval()
    model.load_state_dict(conformance.weights(), strict=True)
    given = conformance.tensors
    with torch.inference_mode():
        output = model(
            given["forward.hidden_states"],
            given["forward.encoder_hidden_states"],
            given["forward.timestep"],
            {name: given[f"forward.{official}"] for name, official in OFFICIAL_NAMES.items()},
            (given["forward.rope_cos"], given["forward.rope_sin"]),
        )
    torch.testing.assert_close(output, given["forward.output"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("start", ["zero", "random"])
def test_a_fresh_control_branch_changes_nothing(small_config: MotionConfig, start: str) -> None:
    """Catches a branch whose outputs are not zero at the start: bit-equal to diffusers' own base."""
    settings = small_config.transformer.model_copy(update={"initial_combine": start})
    model = MultiConditionTransformer(settings).eval()
    base = CogVideoXTransformer3DModel(**settings.base_settings()).eval()
    base.load_state_dict({key: value for key, value in model.state_dict().items() if key in base.state_dict()})
    hidden, text, timestep = torch.randn(2, 3, 32, 2, 4), torch.randn(2, 4, 16), torch.tensor([5, 500])
    rotary = rotary_positions(settings, 3, 2, 4)
    with torch.inference_mode():
        expected = base(hidden, text, timestep, image_rotary_emb=rotary, return_dict=False)[0]
        assert torch.equal(model(hidden, text, timestep, conditions(), rotary), expected)
        assert torch.equal(model(hidden, text, timestep, None, rotary), expected)


@pytest.mark.parametrize("strengths", [None, {"depth": 0.0}])
def test_an_absent_condition_equals_zero_latents(
    small_model: MotionModel, strengths: Mapping[str, float] | None
) -> None:
    """Catches a first frame that leaks in, and noise where zeros are meant."""
    given = conditions()
    zeroed = {**given, "depth": torch.zeros_like(given["depth"])}
    partial = given if strengths else {"segmentation": given["segmentation"]}
    expected = small_model(**inputs(small_model), conditions=zeroed)
    torch.testing.assert_close(
        small_model(**inputs(small_model), conditions=partial, strengths=strengths), expected, rtol=1e-5, atol=1e-5
    )
    with_depth = small_model(**inputs(small_model), conditions=given)
    assert not torch.allclose(with_depth, expected, atol=1e-3)


def test_the_order_in_which_conditions_are_given_does_not_matter(small_model: MotionModel) -> None:
    """Catches slots filled by position instead of by name."""
    given = conditions()
    turned = dict(reversed(given.items()))
    expected = small_model(**inputs(small_model), conditions=given)
    torch.testing.assert_close(small_model(**inputs(small_model), conditions=turned), expected, rtol=0, atol=0)


def test_strength_lies_between_absent_and_full(small_model: MotionModel) -> None:
    given = conditions()
    halved = {**given, "depth": 0.5 * given["depth"]}
    expected = small_model(**inputs(small_model), conditions=halved)
    weak = small_model(**inputs(small_model), conditions=given, strengths={"depth": 0.5})
    torch.testing.assert_close(weak, expected, rtol=0, atol=0)


def test_an_unknown_condition_is_refused(small_model: MotionModel) -> None:
    with pytest.raises(ValueError, match="no condition is called normal; this model has depth, segmentation"):
        small_model(**inputs(small_model), conditions={"normal": torch.zeros(2, 3, 32, 2, 4)})


def test_batched_equals_single(small_model: MotionModel) -> None:
    whole = small_model(**inputs(small_model), conditions=conditions())
    one = {name: value[:1] for name, value in inputs(small_model).items()}
    single = small_model(**one, conditions={name: value[:1] for name, value in conditions().items()})
    torch.testing.assert_close(single, whole[:1], rtol=1e-5, atol=1e-5)


def test_gradient_checkpointing_gives_the_same_gradients(small_config: MotionConfig) -> None:
    """Catches a checkpointed block that sees other arguments than the plain one."""
    torch.manual_seed(0)
    model = MotionModel(small_config)
    gradients = []
    for enabled in (False, True):
        model.zero_grad()
        model.transformer.gradient_checkpointing = enabled
        model(**inputs(model), conditions=conditions()).square().mean().backward()
        gradients.append(model.transformer.combine_linears[0].weight.grad.clone())
    assert gradients[0].abs().max() > 0
    torch.testing.assert_close(gradients[1], gradients[0], rtol=1e-5, atol=1e-7)
