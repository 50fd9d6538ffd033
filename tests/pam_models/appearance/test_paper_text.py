from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from torch import Tensor

from pam_models.appearance import paper_text
from pam_models.appearance.paper_text import MissingExtraError, PaperText, TextModel, load_t5


class CountingEncoder:
    """Stands in for a T5 or CLIP: each token's embedding is its id."""

    device = torch.device("cpu")

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, ids: Tensor) -> SimpleNamespace:
        self.calls += 1
        return SimpleNamespace(last_hidden_state=ids[..., None].float(), pooler_output=ids[:, :2].float())


def letters(prompts: Sequence[str], max_length: int, **_: object) -> SimpleNamespace:
    rows = [[ord(letter) for letter in prompt.ljust(max_length)[:max_length]] for prompt in prompts]
    return SimpleNamespace(input_ids=torch.tensor(rows))


def test_a_repeated_prompt_is_encoded_once_and_stays_in_its_place() -> None:
    """Catches 30 candidates that pay for 30 encodings of one prompt, and a cache that mixes prompts up."""
    encoder = CountingEncoder()
    text = PaperText(TextModel(letters, encoder, 4), TextModel(letters, CountingEncoder(), 3))
    tokens, pooled = text.encode(["b", "a", "b"])
    assert encoder.calls == 2
    assert tokens.shape == (3, 4, 1) and tokens[:, 0, 0].tolist() == [98, 97, 98]
    assert pooled[:, 0].tolist() == [98, 97, 98]


def test_without_clip_the_pooled_embedding_is_empty() -> None:
    assert PaperText(TextModel(letters, CountingEncoder(), 4)).encode(["a"])[1].shape == (1, 0)


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def absent(name: str) -> object:
        raise ImportError(name)

    monkeypatch.setattr(paper_text, "import_module", absent)
    with pytest.raises(MissingExtraError, match=r"pip install 'pam\[paper\]'"):
        load_t5(tmp_path, tmp_path, 4, "cpu")
