import torch

from pam_models.motion import TransformerConfig
from pam_models.motion.positions import rotary_positions
from tests.pam_models.motion.conftest import Conformance


def test_tables_equal_the_official_ones(conformance: Conformance) -> None:
    settings = TransformerConfig(
        num_attention_heads=2, attention_head_dim=16, sample_width=8, sample_height=6, sample_frames=9
    )
    tables = rotary_positions(settings, 3, 6, 8)
    assert tables is not None
    torch.testing.assert_close(tables[0], conformance.tensors["forward.rope_cos"])
    torch.testing.assert_close(tables[1], conformance.tensors["forward.rope_sin"])


def test_a_wider_clip_is_fitted_into_the_models_grid() -> None:
    """Catches positions beyond those seen in training: twice the width spans the same columns, at half the step."""
    settings = TransformerConfig(num_attention_heads=2, attention_head_dim=16, sample_width=8, sample_height=6)
    own, wide = rotary_positions(settings, 1, 6, 8), rotary_positions(settings, 1, 6, 16)
    assert own is not None and wide is not None
    columns = slice(10, 16)
    torch.testing.assert_close(wide[0].view(3, 8, 16)[0, 2, columns], own[0].view(3, 4, 16)[0, 1, columns])


def test_none_where_positions_are_not_rotary() -> None:
    settings = TransformerConfig(use_rotary_positional_embeddings=False, use_learned_positional_embeddings=False)
    assert rotary_positions(settings, 1, 6, 8) is None


def test_parts_of_a_clip_keep_their_places_in_time() -> None:
    """Catches a part that is placed at the clip's beginning."""
    settings = TransformerConfig(num_attention_heads=2, attention_head_dim=16, sample_width=8, sample_height=6)
    whole, part = rotary_positions(settings, 5, 6, 8), rotary_positions(settings, 2, 6, 8, moments=(0, 4))
    assert whole is not None and part is not None
    for full, some in zip(whole, part, strict=True):
        frames = full.view(5, 12, 16)
        torch.testing.assert_close(some.view(2, 12, 16), torch.stack([frames[0], frames[4]]))


def test_a_cut_out_keeps_the_spacing_of_the_whole() -> None:
    """Catches a part of a picture that is stretched over the whole grid, as another size of picture is."""
    settings = TransformerConfig(num_attention_heads=2, attention_head_dim=16, sample_width=8, sample_height=6)
    whole = rotary_positions(settings, 2, 6, 8, moments=(0, 3))
    part = rotary_positions(settings, 2, 4, 6, moments=(0, 3), cut_out=True)
    assert whole is not None and part is not None
    for full, some in zip(whole, part, strict=True):
        assert torch.equal(some.view(2, 2, 3, 16), full.view(2, 3, 4, 16)[:, :2, :3])
