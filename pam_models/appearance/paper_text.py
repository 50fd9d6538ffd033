"""The paper's text encoders, T5 and CLIP, through `transformers`, which is an extra."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from pam_models.zoo.registry import WeightsError

_MISSING = "the paper's text encoders need `transformers`: pip install 'pam[paper]'"
_REMEMBERED = 256


class MissingExtraError(ImportError):
    """A package that only the paper's profile needs is not installed."""


@dataclass(frozen=True)
class TextModel:
    """A tokenizer with its encoder and the length that prompts are padded or cut to."""

    tokenizer: Any
    encoder: Any
    length: int

    def outputs(self, prompts: Sequence[str]) -> Any:  # noqa: ANN401
        """Run the encoder over padded prompts and return its outputs."""
        ids = self.tokenizer(
            list(prompts), padding="max_length", max_length=self.length, truncation=True, return_tensors="pt"
        ).input_ids
        return self.encoder(ids.to(self.encoder.device))


class PaperText:
    """T5 for tokens and, where the model wants a pooled embedding, CLIP.

    A prompt seen before costs nothing: the last 256 embeddings are kept, 4 MB each at 512 tokens.
    """

    def __init__(self, t5: TextModel, clip: TextModel | None = None) -> None:
        self._t5 = t5
        self._clip = clip
        self._known: dict[str, tuple[Tensor, Tensor]] = {}

    @torch.inference_mode()
    def encode(self, prompts: Sequence[str]) -> tuple[Float[Tensor, "B L D"], Float[Tensor, "B P"]]:
        """Encode prompts in order; without CLIP, P is 0."""
        for prompt in sorted(set(prompts) - self._known.keys()):
            tokens = self._t5.outputs([prompt]).last_hidden_state[0]
            pooled = tokens.new_zeros(0) if self._clip is None else self._clip.outputs([prompt]).pooler_output[0]
            self._known[prompt] = (tokens, pooled)
        pairs = [self._known[prompt] for prompt in prompts]
        for forgotten in list(self._known)[: max(0, len(self._known) - _REMEMBERED)]:
            del self._known[forgotten]
        return torch.stack([tokens for tokens, _ in pairs]), torch.stack([pooled for _, pooled in pairs])


def load_t5(encoder: Path, tokenizer: Path, length: int, device: torch.device | str) -> TextModel:
    """Load T5 in bfloat16 from diffusers' folders. Raises WeightsError or MissingExtraError."""
    return _load("T5EncoderModel", "T5TokenizerFast", encoder, tokenizer, length, device)


def load_clip(encoder: Path, tokenizer: Path, device: torch.device | str) -> TextModel:
    """Load CLIP's text model in bfloat16 from diffusers' folders. Raises WeightsError or MissingExtraError."""
    return _load("CLIPTextModel", "CLIPTokenizerFast", encoder, tokenizer, 77, device)


def require_transformers() -> None:
    """Raise MissingExtraError, which names the extra, where `transformers` is not installed."""
    if find_spec("transformers") is None:
        raise MissingExtraError(_MISSING)


def _transformers() -> ModuleType:
    try:
        return import_module("transformers")
    except ImportError as error:
        raise MissingExtraError(_MISSING) from error


def _load(
    encoder_class: str, tokenizer_class: str, encoder: Path, tokenizer: Path, length: int, device: torch.device | str
) -> TextModel:
    library = _transformers()
    for folder in (encoder, tokenizer):
        if not folder.is_dir():
            raise WeightsError(f"{folder} is absent: a model folder in diffusers' layout has it")
    words = getattr(library, tokenizer_class).from_pretrained(tokenizer, local_files_only=True)
    model = getattr(library, encoder_class).from_pretrained(
        encoder, torch_dtype=torch.bfloat16, local_files_only=True, use_safetensors=True
    )
    return TextModel(words, model.eval().requires_grad_(False).to(device), length)
