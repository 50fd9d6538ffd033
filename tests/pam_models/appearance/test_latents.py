import pytest
import torch

from pam_models.appearance.latents import pack, picture_ids, text_ids, unpack


def test_a_token_holds_one_patch_channel_first() -> None:
    """Catches patches laid out row first, which published weights do not understand."""
    latents = torch.arange(2 * 4 * 6, dtype=torch.float32).reshape(1, 2, 4, 6)
    tokens = pack(latents)
    assert tokens.shape == (1, 6, 8)
    assert tokens[0, 4].tolist() == latents[0, :, 2:4, 2:4].flatten().tolist()
    assert torch.equal(unpack(tokens, 4, 6), latents)


def test_ids_count_rows_then_columns() -> None:
    assert picture_ids(4, 6)[4].tolist() == [0.0, 1.0, 1.0]
    assert picture_ids(4, 6)[5].tolist() == [0.0, 1.0, 2.0]
    assert not text_ids(3).any()


def test_odd_sides_are_refused() -> None:
    with pytest.raises(ValueError, match="multiples of 2"):
        pack(torch.zeros(1, 2, 3, 4))
