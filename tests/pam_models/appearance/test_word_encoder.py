import pytest
import torch

from pam_models.appearance import WordEncoder, WordEncoderConfig
from pam_models.appearance.word_encoder import words_of


@pytest.fixture(scope="module")
def encoder() -> WordEncoder:
    torch.manual_seed(0)
    return WordEncoder(
        WordEncoderConfig(vocabulary=("red", "a", "mug", "wooden table"), max_words=5, dim=8, pooled_dim=3)
    )


def test_case_and_punctuation_do_not_matter() -> None:
    assert words_of("A red mug, soft-lit.") == ["a", "red", "mug", "soft-lit"]


def test_the_vocabularys_order_does_not_change_the_indices() -> None:
    """Catches weights that would mean other words after the vocabulary was listed anew."""
    one = WordEncoder(WordEncoderConfig(vocabulary=("red", "a", "mug")))
    other = WordEncoder(WordEncoderConfig(vocabulary=("mug", "red", "a", "a")))
    assert torch.equal(one.indices(["a red mug"]), other.indices(["a red mug"]))


def test_shapes_and_word_order(encoder: WordEncoder) -> None:
    tokens, pooled = encoder.encode(["a red mug", "red a mug"])
    assert tokens.shape == (2, 5, 8) and pooled.shape == (2, 3)
    assert not torch.allclose(tokens[0], tokens[1])


def test_padding_is_left_out_of_the_pooled_mean(encoder: WordEncoder) -> None:
    """Catches a pooled embedding that depends on how far prompts are padded."""
    tokens, pooled = encoder.encode(["a red"])
    torch.testing.assert_close(pooled[0], encoder.pool(tokens[0, :2].mean(0)), rtol=1e-5, atol=1e-6)


def test_the_empty_prompt_is_allowed(encoder: WordEncoder) -> None:
    tokens, pooled = encoder.encode([""])
    assert torch.isfinite(tokens).all() and torch.isfinite(pooled).all()


def test_an_unknown_word_is_named_with_its_neighbours(encoder: WordEncoder) -> None:
    with pytest.raises(ValueError, match="the word 'mugs' in prompt 'a red mugs' is not in the vocabulary; try mug"):
        encoder.encode(["a red mugs"])


def test_a_long_prompt_is_refused_and_not_cut(encoder: WordEncoder) -> None:
    with pytest.raises(ValueError, match="has 6 words, at most 5 fit"):
        encoder.encode(["a red mug a red mug"])
