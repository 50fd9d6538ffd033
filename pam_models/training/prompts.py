"""Prompts as a training step reads them: words of a vocabulary that is learnt, or embeddings cached once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch
from jaxtyping import Float
from safetensors.torch import load_file, save_file
from torch import Tensor


class PromptReader(Protocol):
    """Prompts become a tensor when a batch is made, and tokens with a pooled embedding when it is learnt."""

    def inputs(self, prompts: Sequence[str]) -> Tensor:
        """What a batch carries for its prompts; runs in a second thread."""

    def embedded(self, inputs: Tensor) -> tuple[Float[Tensor, "B L D"], Float[Tensor, "B P"]]:
        """Tokens and pooled embedding of a batch's inputs."""


class TrainedEncoder(Protocol):
    """A text encoder that is a part of the model that is trained."""

    def indices(self, prompts: Sequence[str]) -> Tensor:
        """What stands for the prompts."""

    def __call__(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens and pooled embedding of indices."""


@dataclass(frozen=True)
class LearntWords:
    """A word encoder that is trained with the model that reads it."""

    encoder: TrainedEncoder

    def inputs(self, prompts: Sequence[str]) -> Tensor:
        """Word indices (B, L)."""
        return self.encoder.indices(prompts)

    def embedded(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens and pooled embedding, with gradients."""
        return self.encoder(inputs)


class Encoder(Protocol):
    """A text encoder of the paper's size."""

    def encode(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Tokens (B, L, D) and pooled embeddings (B, P)."""


class CachedPrompts:
    """Token embeddings of a frozen encoder, one file for each prompt, named by the hash of encoder and prompt.

    The encoder is opened when a prompt is met that no earlier run embedded, and never if there is none.
    """

    def __init__(self, folder: Path, encoder_id: str, encoder: Callable[[], Encoder]) -> None:
        self._folder = folder
        self._encoder_id = encoder_id
        self._open = encoder
        self._encoder: Encoder | None = None

    def path(self, prompt: str) -> Path:
        """Where a prompt's embedding is kept."""
        digest = hashlib.sha256(f"{self._encoder_id}\n{prompt}".encode()).hexdigest()
        return self._folder / digest[:2] / f"{digest}.safetensors"

    def inputs(self, prompts: Sequence[str]) -> Tensor:
        """Cached tokens (B, L, D)."""
        return torch.stack([self._tokens(prompt) for prompt in prompts])

    def embedded(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """The tokens as they are; there is no pooled embedding."""
        return inputs, inputs.new_zeros(len(inputs), 0)

    def encode(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Tokens of prompts, as a pipeline asks for them."""
        return self.embedded(self.inputs(prompts))

    def _tokens(self, prompt: str) -> Tensor:
        path = self.path(prompt)
        if not path.is_file():
            self._encoder = self._encoder or self._open()
            tokens = self._encoder.encode([prompt])[0][0].detach().cpu().contiguous()
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".tmp")
            save_file({"tokens": tokens}, temporary)
            temporary.replace(path)
        return load_file(path)["tokens"]
