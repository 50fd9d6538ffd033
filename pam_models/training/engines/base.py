"""What the loop asks of an engine."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor


class EngineError(RuntimeError):
    """An engine that is not installed or whose state does not fit; the message is one line."""


class Engine(Protocol):
    """Gradients of one step are gathered by `backward`, once for each of this rank's batches, and used by `update`."""

    sharded: bool
    """Whether each rank has a state of its own to keep; otherwise the first rank's is everybody's."""

    def backward(self, loss: Tensor, *, last: bool) -> None:
        """Add the gradients of a batch's mean loss; `last` marks the step's last batch of this rank."""

    def update(self, learning_rate: float) -> None:
        """Average the gradients over batches and ranks, clip them, move the weights, forget the gradients."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps besides the weights: tensors, numbers and strings."""

    def load(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave, after the weights. Raises KeyError, ValueError or RuntimeError if it does not
        fit.
        """
