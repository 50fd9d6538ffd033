"""The transformer against the official computation written out in plain torch, over many configurations."""

from typing import Any

import pytest
import torch
from torch import Tensor

from pam_models.motion import MultiConditionTransformer, TransformerConfig
from pam_models.motion.configuration import PAM_CONDITIONS
from pam_models.motion.positions import rotary_positions
from pam_models.motion.published import load_transformer
from tests.pam_models.motion.conftest import OFFICIAL_NAMES, Conformance
from tests.pam_models.motion.official import Official

SINCOS = {"use_rotary_positional_embeddings": False, "use_learned_positional_embeddings": False}
ROPE_ALONE = {"use_learned_positional_embeddings": False}
SIZES: dict[str, Any] = {
    "num_attention_heads": 2,
    "attention_head_dim": 16,
    "in_channels": 8,
    "out_channels": 4,
    "num_layers": 3,
    "num_control_blocks": 2,
    "time_embed_dim": 24,
    "text_embed_dim": 12,
    "max_text_seq_length": 5,
    "sample_width": 6,
    "sample_height": 4,
    "sample_frames": 9,
}
CASES = {
    "published slots": {},
    "every block copied": {"num_control_blocks": 3},
    "one condition": {"conditions": ("keypoints",), "num_layers": 2, "num_control_blocks": 1},
    "three heads, wide": {"num_attention_heads": 3, "attention_head_dim": 32, "sample_frames": 5},
    "one latent frame": {"sample_frames": 1},
    "four latent frames": {"sample_frames": 13, "conditions": ("depth", "mesh")},
    "rotary without learned positions": ROPE_ALONE,
    "sinusoidal positions": SINCOS,
    "patches of one cell": {"patch_size": 1, **ROPE_ALONE},
    "offset embedding": {"ofs_embed_dim": 24, **ROPE_ALONE},
    "no attention bias": {"attention_bias": False},
    "six channels": {"in_channels": 12, "out_channels": 6},
}


def shaken(settings: TransformerConfig, seed: int) -> MultiConditionTransformer:
    torch.manual_seed(seed)
    model = MultiConditionTransformer(settings).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.2 * torch.randn(parameter.shape))
    return model


def relative_error(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


@pytest.mark.parametrize("case", CASES)
def test_the_transformer_computes_what_the_official_one_does(case: str) -> None:
    """Catches a computation that agrees with the one worked case and differs at other sizes."""
    settings = TransformerConfig(**{**SIZES, **CASES[case]})
    model = shaken(settings, len(case))
    frames, height, width = settings.latent_frames, settings.sample_height, settings.sample_width
    shape = (2, frames, settings.in_channels, height, width)
    latents, text = torch.randn(shape), torch.randn(2, settings.max_text_seq_length, settings.text_embed_dim)
    conditions = {name: torch.randn(shape) for name in settings.conditions}
    rotary = rotary_positions(settings, frames, height, width)
    # Sinusoidal positions are no tensor of the state dict; they are fixed numbers.
    fixed = model.patch_embed.pos_embedding if settings.use_rotary_positional_embeddings is False else None
    official = Official(model.state_dict(), settings.patch_size, fixed)
    timestep = torch.tensor([3, 997])
    with torch.inference_mode():
        found = model(latents, text, timestep, conditions, rotary)
        expected = official(
            latents, text, timestep, list(conditions.values()), rotary, 2.0 if settings.ofs_embed_dim else None
        )
    assert relative_error(found, expected) < 1e-4


@pytest.mark.parametrize("present", [(), ("depth",), ("keypoints", "depth"), ("segmentation", "tracking", "normal")])
def test_absent_slots_are_the_official_ones_with_zero_latents(present: tuple[str, ...]) -> None:
    """Catches the shortcut for absent conditions computing something else than zeros through every layer."""
    settings = TransformerConfig(**SIZES)
    model = shaken(settings, 3)
    shape = (1, settings.latent_frames, 8, 4, 6)
    latents, text = torch.randn(shape), torch.randn(1, 5, 12)
    conditions = {name: torch.randn(shape) for name in present}
    rotary = rotary_positions(settings, settings.latent_frames, 4, 6)
    slots = [conditions.get(name, torch.zeros(shape)) for name in PAM_CONDITIONS]
    with torch.inference_mode():
        found = model(latents, text, torch.tensor([500]), conditions, rotary)
        expected = Official(model.state_dict())(latents, text, torch.tensor([500]), slots, rotary)
    assert relative_error(found, expected) < 1e-4


def test_the_written_out_computation_is_the_published_one(conformance: Conformance) -> None:
    """Catches an error in the comparison itself: it must meet the worked case, as the implementation does."""
    given = conformance.tensors
    rotary = (given["forward.rope_cos"], given["forward.rope_sin"])
    slots = [given[f"forward.{OFFICIAL_NAMES[name]}"] for name in PAM_CONDITIONS]
    arguments = (given["forward.hidden_states"], given["forward.encoder_hidden_states"], given["forward.timestep"])
    expected = given["forward.output"]
    loaded = load_transformer(conformance.weights(), sizes=conformance.sizes())
    named = dict(zip(PAM_CONDITIONS, slots, strict=True))
    with torch.inference_mode():
        assert relative_error(Official(conformance.weights())(*arguments, slots, rotary), expected) < 1e-4
        assert relative_error(loaded(*arguments, named, rotary), expected) < 1e-4


def test_a_model_with_patches_in_time_runs_as_its_base_does() -> None:
    """Catches CogVideoX 1.5's two-frame patches unfolded in another order: bit-equal to diffusers' own at the start."""
    from diffusers.models.transformers.cogvideox_transformer_3d import CogVideoXTransformer3DModel

    settings = TransformerConfig(
        **{
            **SIZES,
            "patch_size_t": 2,
            "ofs_embed_dim": 24,
            "sample_frames": 13,
            "use_learned_positional_embeddings": False,
        }
    )
    torch.manual_seed(0)
    model = MultiConditionTransformer(settings).eval()
    base = CogVideoXTransformer3DModel(**settings.base_settings()).eval()
    base.load_state_dict({key: value for key, value in model.state_dict().items() if key in base.state_dict()})
    latents, text = torch.randn(1, 4, 8, 4, 6), torch.randn(1, 5, 12)
    rotary = rotary_positions(settings, 4, 4, 6)
    with torch.inference_mode():
        expected = base(latents, text, torch.tensor([9]), ofs=torch.tensor([2.0]), image_rotary_emb=rotary)[0]
        assert torch.equal(model(latents, text, torch.tensor([9]), {"depth": latents}, rotary), expected)
