"""A text encoder for a closed vocabulary: an embedding table, positions, and a pooled mean."""

import difflib
import re
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict, field_validator
from torch import Tensor, nn

_WORD = re.compile(r"[a-z0-9_]+(?:[-'][a-z0-9_]+)*")
_PADDING = 0


class WordEncoderConfig(BaseModel):
    """The vocabulary and the sizes of a `WordEncoder`. `max_words` is L, `dim` D, `pooled_dim` P."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    vocabulary: tuple[str, ...]
    max_words: int = 24
    dim: int = 128
    pooled_dim: int = 128

    @field_validator("vocabulary")
    @classmethod
    def _distinct_words(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        split = [word for entry in words for word in words_of(entry)]
        distinct = tuple(sorted(set(split)))
        if not distinct:
            raise ValueError("the vocabulary has no words")
        return distinct


def words_of(prompt: str) -> list[str]:
    """Return a prompt's words in lower case, without punctuation."""
    return _WORD.findall(prompt.lower())


class WordEncoder(nn.Module):
    """Prompts of known words to token and pooled embeddings; trained together with the model that reads them.

    The empty prompt is all padding: the unconditional text of classifier-free guidance.
    """

    def __init__(self, config: WordEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self._index = {word: position for position, word in enumerate(config.vocabulary, start=_PADDING + 1)}
        self.words = nn.Embedding(len(config.vocabulary) + 1, config.dim)
        self.positions = nn.Parameter(torch.zeros(config.max_words, config.dim))
        self.norm = nn.LayerNorm(config.dim)
        self.pool = nn.Linear(config.dim, config.pooled_dim)
        nn.init.normal_(self.words.weight, std=0.5)
        nn.init.normal_(self.positions, std=0.1)

    def indices(self, prompts: Sequence[str]) -> Int[Tensor, "B L"]:
        """Return word indices, 0 for padding. Raises ValueError for an unknown word or too many words."""
        rows = torch.full((len(prompts), self.config.max_words), _PADDING, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            words = words_of(prompt)
            if len(words) > self.config.max_words:
                raise ValueError(f"prompt {prompt!r} has {len(words)} words, at most {self.config.max_words} fit")
            for column, word in enumerate(words):
                rows[row, column] = self._position_of(word, prompt)
        return rows

    def forward(self, indices: Int[Tensor, "B L"]) -> tuple[Float[Tensor, "B L D"], Float[Tensor, "B P"]]:
        """Return tokens and the pooled embedding: the mean over words, padding left out."""
        tokens: Tensor = self.norm(self.words(indices) + self.positions)
        real = (indices != _PADDING).to(tokens.dtype)[..., None]
        mean = (tokens * real).sum(1) / real.sum(1).clamp_min(1.0)
        return tokens, self.pool(mean)

    def encode(self, prompts: Sequence[str]) -> tuple[Float[Tensor, "B L D"], Float[Tensor, "B P"]]:
        """Encode prompts, in order, to tokens (B, L, D) and pooled embeddings (B, P)."""
        tokens, pooled = self(self.indices(prompts).to(self.words.weight.device))
        return tokens, pooled

    def _position_of(self, word: str, prompt: str) -> int:
        if word in self._index:
            return self._index[word]
        near = difflib.get_close_matches(word, self._index, n=3) or list(self.config.vocabulary)
        raise ValueError(f"the word {word!r} in prompt {prompt!r} is not in the vocabulary; try {', '.join(near)}")
