"""Prompts: embedded once, and never by another encoder's cache."""

from collections.abc import Sequence
from pathlib import Path

import torch

from pam_models.training.prompts import CachedPrompts


class Encoder:
    """Counts what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, prompts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        self.asked.extend(prompts)
        tokens = torch.stack([torch.full((2, 3), float(len(prompt)), dtype=torch.bfloat16) for prompt in prompts])
        return tokens, torch.zeros(len(prompts), 0)


def test_a_prompt_is_embedded_once_for_all_runs(tmp_path: Path) -> None:
    """Catches T5 that is loaded for prompts whose embeddings lie on the disk."""
    encoder = Encoder()
    first = CachedPrompts(tmp_path, "t5@a", lambda: encoder)
    inputs = first.inputs(["a mug", "a can", "a mug"])
    assert encoder.asked == ["a mug", "a can"] and inputs.dtype == torch.bfloat16
    again = CachedPrompts(tmp_path, "t5@a", lambda: (_ for _ in ()).throw(AssertionError("opened")))
    assert torch.equal(again.encode(["a mug"])[0], inputs[:1])


def test_another_encoder_has_another_cache(tmp_path: Path) -> None:
    """Catches embeddings of one encoder that a model meets under another."""
    one, two = (CachedPrompts(tmp_path, name, Encoder) for name in ("t5@a", "t5@b"))
    assert one.path("a mug") != two.path("a mug") and one.path("a mug") != one.path("a can")
