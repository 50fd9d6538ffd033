from pathlib import Path

import pytest
import torch
from torch import Tensor

from pam_models.appearance import AppearanceConfig, AppearanceModel
from pam_models.appearance.latents import picture_ids, text_ids
from pam_models.appearance.modeling import hints_of


def inputs(model: AppearanceModel) -> dict[str, object]:
    generator = torch.Generator().manual_seed(2)
    tokens, pooled = model.text.encode(["a red mug", "a blue mug"])
    hints = torch.rand(2, 2, 6, 32, 48, generator=generator) * 2 - 1
    return {
        "tokens": torch.randn(2, 6, 64, generator=generator),
        "hints": [hints[0], hints[1]],
        "text_tokens": tokens,
        "pooled": pooled,
        "timesteps": torch.tensor([0.2, 0.9]),
        "guidance": torch.tensor([4.0, 4.0]),
    }


def base_alone(model: AppearanceModel, residuals: list[Tensor] | None) -> Tensor:
    given = inputs(model)
    flow: Tensor = model.flux.base(
        hidden_states=given["tokens"],
        encoder_hidden_states=given["text_tokens"],
        pooled_projections=given["pooled"],
        timestep=given["timesteps"],
        guidance=given["guidance"],
        img_ids=picture_ids(4, 6),
        txt_ids=text_ids(4),
        controlnet_block_samples=residuals,
        controlnet_blocks_repeat=True,
        return_dict=False,
    )[0]
    return flow


def test_fresh_branches_change_nothing(small_config: AppearanceConfig) -> None:
    model = AppearanceModel(small_config).eval()
    with torch.inference_mode():
        assert torch.equal(model(**inputs(model)), base_alone(model, None))


def test_residuals_are_cycled_over_the_blocks_by_index(small_model: AppearanceModel) -> None:
    """Catches diffusers' other rule (the first residual for the first half): with 3 blocks, block 1 gets residual 1."""
    added: list[Tensor] = []
    hooks = [
        block.register_forward_hook(lambda _, __, output: added.append(output[1]))
        for block in small_model.flux.base.transformer_blocks
    ]
    entered: list[Tensor] = []
    hooks += [
        block.register_forward_pre_hook(lambda _, __, kwargs: entered.append(kwargs["hidden_states"]), with_kwargs=True)
        for block in small_model.flux.base.transformer_blocks
    ]
    residuals = [torch.full((2, 6, 32), 100.0), torch.full((2, 6, 32), -7.0)]
    with torch.inference_mode():
        base_alone(small_model, residuals)
    for hook in hooks:
        hook.remove()
    torch.testing.assert_close(entered[1] - added[0], residuals[0], rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(entered[2] - added[1], residuals[1], rtol=1e-4, atol=1e-3)


def test_both_branches_reach_the_output(small_model: AppearanceModel) -> None:
    """Catches a branch that is left out of the sum."""
    given = inputs(small_model)
    plain = small_model(**given)
    for index in (0, 1):
        hints = list(given["hints"])  # type: ignore[call-overload]
        hints[index] = -hints[index]
        assert not torch.allclose(small_model(**{**given, "hints": hints}), plain, atol=1e-4)


def test_gradients_reach_every_parameter(small_model: AppearanceModel, small_config: AppearanceConfig) -> None:
    """Catches a part that training would leave as it was drawn."""
    model = AppearanceModel(small_config)
    model.load_state_dict(small_model.state_dict())
    model(**inputs(model)).square().mean().backward()
    silent = [name for name, value in model.named_parameters() if value.grad is None or not value.grad.any()]
    # The last block's text stream ends unused, in the base and in each branch.
    unused = ("controlnet1.double_blocks.1.txt", "controlnet2.double_blocks.1.txt")
    assert [name for name in silent if not any(part in name for part in unused)] == []


def test_hints_stand_in_published_order_and_absent_ones_are_black() -> None:
    names = ("segmentation", "depth", "keypoints", "normal")
    pictures = {name: torch.full((1, 3, 2, 2), float(index)) for index, name in enumerate(names)}
    first, second = hints_of(pictures)
    assert first[0, :, 0, 0].tolist() == [1, 1, 1, 3, 3, 3]
    assert second[0, :, 0, 0].tolist() == [2, 2, 2, 0, 0, 0]
    first, _ = hints_of({"depth": pictures["depth"]})
    assert first[0, :, 0, 0].tolist() == [1, 1, 1, -1, -1, -1]
    with pytest.raises(ValueError, match="got mesh"):
        hints_of({"mesh": pictures["depth"]})


def test_saved_and_loaded_it_predicts_the_same(small_model: AppearanceModel, tmp_path: Path) -> None:
    small_model.save(tmp_path)
    loaded = AppearanceModel.load(tmp_path)
    torch.testing.assert_close(loaded(**inputs(loaded)), small_model(**inputs(small_model)), rtol=0, atol=0)


def test_batched_equals_single(small_model: AppearanceModel) -> None:
    """Catches a sample that reads its neighbour."""
    whole = inputs(small_model)
    one = {
        name: [hint[:1] for hint in value] if name == "hints" else value[:1]  # type: ignore[index, attr-defined]
        for name, value in whole.items()
    }
    with torch.inference_mode():
        expected, single = small_model(**whole)[:1], small_model(**one)
    assert float((single - expected).abs().max() / expected.abs().max()) < 1e-5
