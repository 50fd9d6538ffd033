"""Memory that a loader's worker fills, the training process reads, and the worker fills again.

A new shared block for every batch costs more than decoding what goes into it: its pages are made, cleared and mapped
twice. A block's first byte says whether somebody has it; the receiving process clears it when the last tensor in the
block is gone.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

HEAD = 64
"""Bytes before the contents: one is used, the others keep the contents aligned."""

MOST_BLOCKS = 8


class SharedBlocks:
    """Blocks of one worker by their size. Up to `most` of a size are kept; where more are held, a new one is lost."""

    def __init__(self, most: int = MOST_BLOCKS) -> None:
        self._most = most
        self._kept: dict[int, list[torch.Tensor]] = {}

    def take(self, nbytes: int) -> torch.Tensor:
        """A block that nobody has, with room for `nbytes` after its head."""
        kept = self._kept.setdefault(nbytes, [])
        for block in kept:
            if not int(block[0]):
                block[0] = 1
                return block
        # Made shared at once, as the default collation does; share_memory_() would copy what is not there yet.
        storage = torch.UntypedStorage._new_shared(HEAD + nbytes, device="cpu")  # type: ignore[no-untyped-call]
        block = torch.empty(0, dtype=torch.uint8).set_(storage)
        block[0] = 1
        if len(kept) < self._most:
            kept.append(block)
        return block


class SharedBatch(dict[str, Any]):
    """A batch in a worker. Sent to another process it arrives there as a plain dict: the tensors in shared blocks are
    lent to it, the others go by value.
    """

    def __init__(self) -> None:
        super().__init__()
        self._blocks: dict[str, torch.Tensor] = {}

    def add(self, name: str, block: torch.Tensor, dtype: torch.dtype, shape: Sequence[int]) -> None:
        """A field of this type and shape in a block that was taken for it."""
        self._blocks[name] = block
        self[name] = _within(block, dtype, shape)

    def __copy__(self) -> SharedBatch:
        """Itself: a loader copies what it collates, and the block has one owner."""
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        """How it travels; a field that was replaced meanwhile goes as what it is now."""
        fields = {name: self._travelling(name, value) for name, value in self.items()}
        return _arrived, (fields,)

    def __del__(self) -> None:
        """What was not sent is free again."""
        for block in self._blocks.values():
            block[0] = 0

    def _travelling(self, name: str, value: Any) -> Any:  # noqa: ANN401  what a batch holds
        block = self._blocks.get(name)
        if block is not None and isinstance(value, torch.Tensor) and value.data_ptr() == block.data_ptr() + HEAD:
            del self._blocks[name]
            return _Loan(block, value.dtype, tuple(value.shape))
        return value.numpy() if isinstance(value, torch.Tensor) and not value.requires_grad else value


class _Loan:
    """A block on its way, and what is in it."""

    def __init__(self, block: torch.Tensor, dtype: torch.dtype, shape: tuple[int, ...]) -> None:
        self.block, self.dtype, self.shape = block, dtype, shape

    def tensor(self) -> torch.Tensor:
        """The contents; the block is free again when no tensor on them is left."""
        owner = self.block.numpy()
        given_back = weakref.finalize(owner, _give_back, self.block)
        given_back.atexit = False
        # The new tensor's storage, which all its views share, holds `owner`.
        return _within(torch.from_numpy(owner), self.dtype, self.shape)


def _arrived(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: _received(value) for name, value in fields.items()}


def _received(value: Any) -> Any:  # noqa: ANN401  what a batch holds
    if isinstance(value, _Loan):
        return value.tensor()
    return torch.from_numpy(value) if isinstance(value, np.ndarray) else value


def _within(block: torch.Tensor, dtype: torch.dtype, shape: Sequence[int]) -> torch.Tensor:
    size = int(np.prod(shape)) * dtype.itemsize
    return block[HEAD : HEAD + size].view(dtype).view(*shape)


def _give_back(block: torch.Tensor) -> None:
    block[0] = 0
