from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from pam_models.appearance import AppearanceConfig, AppearanceModel, AppearancePipeline
from pam_models.appearance.concatenated import ConcatenatedFlux, latent_hints_of
from pam_models.appearance.latents import picture_ids, text_ids
from pam_models.autoencoder import VideoAutoencoder


def inputs(model: AppearanceModel) -> dict[str, object]:
    generator = torch.Generator().manual_seed(2)
    text, pooled = model.text.encode(["a red mug", "a blue mug"])
    return {
        "tokens": torch.randn(2, 6, 64, generator=generator),
        "text_tokens": text,
        "pooled": pooled,
        "timesteps": torch.tensor([0.2, 0.9]),
        "guidance": torch.tensor([4.0, 4.0]),
    }


@pytest.fixture
def model(small_config: AppearanceConfig) -> AppearanceModel:
    torch.manual_seed(0)
    return AppearanceModel(small_config.model_copy(update={"hint": "latents"})).eval()


@pytest.fixture
def hints() -> tuple[Tensor, ...]:
    generator = torch.Generator().manual_seed(3)
    names = ("depth", "segmentation", "keypoints")
    return latent_hints_of({name: torch.randn(2, 16, 4, 6, generator=generator) for name in names})


def shaken(model: AppearanceModel) -> AppearanceModel:
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape))
    return model


def test_fresh_projections_change_nothing(model: AppearanceModel, hints: tuple[Tensor, ...]) -> None:
    """Catches a projection that is not zero at the start: bit-equal to the base."""
    given = inputs(model)
    with torch.inference_mode():
        expected = model.flux.base(
            hidden_states=given["tokens"],
            encoder_hidden_states=given["text_tokens"],
            pooled_projections=given["pooled"],
            timestep=given["timesteps"],
            guidance=given["guidance"],
            img_ids=picture_ids(4, 6),
            txt_ids=text_ids(4),
            return_dict=False,
        )[0]
        assert torch.equal(model(**given, hints=hints), expected)


def test_only_the_first_blocks_are_given_projections(model: AppearanceModel, hints: tuple[Tensor, ...]) -> None:
    """Catches projections spread over all blocks, as the released code does with its residuals."""
    flux = shaken(model).flux
    assert isinstance(flux, ConcatenatedFlux)
    left, entered = [], []
    blocks = flux.base.transformer_blocks
    for block in blocks:
        block.register_forward_hook(lambda _, __, output: left.append(output[1]))
        block.register_forward_pre_hook(lambda _, __, kw: entered.append(kw["hidden_states"]), with_kwargs=True)
    with torch.inference_mode():
        model(**inputs(model), hints=hints)
        residuals = flux.encode_hints(hints).residuals
    assert len(residuals) == 2 and len(blocks) == 3
    for index in (0, 1):
        torch.testing.assert_close(entered[index + 1] - left[index], residuals[index], rtol=1e-4, atol=1e-4)


def test_absent_conditions_are_zeros_in_their_own_place(hints: tuple[Tensor, ...]) -> None:
    alone = latent_hints_of({"segmentation": hints[1]})
    assert torch.equal(alone[1], hints[1]) and not alone[0].any() and not alone[2].any()
    with pytest.raises(ValueError, match="got normal"):
        latent_hints_of({"normal": hints[0]})


def test_every_condition_reaches_the_picture_and_the_weights_come_back(
    model: AppearanceModel, small_pipeline: AppearancePipeline, tmp_path: Path
) -> None:
    """Catches a pipeline that feeds pixels where latents are read, and a file that does not say which variant it is."""
    assert isinstance(small_pipeline.autoencoder, VideoAutoencoder)
    shaken(model).save(tmp_path)
    pipeline = AppearancePipeline(AppearanceModel.load(tmp_path), small_pipeline.autoencoder)
    rng = np.random.default_rng(0)
    names = ("depth", "segmentation", "keypoints", "normal")
    pictures = {name: rng.integers(0, 256, (1, 32, 48, 3), dtype=np.uint8) for name in names}
    plain = pipeline.sample(pictures, ["a mug"], [1], steps=2)
    for name in names:
        fewer = {other: picture for other, picture in pictures.items() if other != name}
        assert (pipeline.sample(fewer, ["a mug"], [1], steps=2) != plain).any() == (name != "normal")
