"""The processes of one training run: a single one, or the ranks that `torchrun` started."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

# Other ranks wait while the first one samples a validation clip or writes a checkpoint of gigabytes.
_PATIENCE = timedelta(hours=2)
CPU = torch.device("cpu")


@dataclass(frozen=True)
class World:
    """Which of how many processes this is, and where its tensors live."""

    rank: int = 0
    size: int = 1
    device: torch.device = CPU

    @property
    def first(self) -> bool:
        """Whether this process writes what all share: checkpoints, losses, pictures."""
        return self.rank == 0

    def sum(self, values: list[float]) -> list[float]:
        """The sums over all processes, in float64 and the same everywhere."""
        if self.size == 1:
            return values
        total = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(total)
        return [float(value) for value in total]

    def average_(self, tensors: list[Tensor]) -> None:
        """Replace tensors of one dtype by their means over all processes, in one message."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        dist.all_reduce(flat)
        flat /= self.size
        for tensor, mean in zip(tensors, torch.split(flat, [tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(mean.view_as(tensor))

    def barrier(self) -> None:
        """Wait for all processes."""
        if self.size > 1:
            dist.barrier()

    def to_device(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """The batch with its tensors, and those in mappings within it, on this process's device."""
        return {name: self._moved(value) for name, value in batch.items()}

    def _moved(self, value: Any) -> Any:  # noqa: ANN401  (a batch holds what its task puts into it)
        if isinstance(value, Tensor):
            return value.to(self.device, non_blocking=True)
        if isinstance(value, Mapping):
            return {name: self._moved(inner) for name, inner in value.items()}
        return value


@contextmanager
def joined_world() -> Iterator[World]:
    """The world that the environment describes: `torchrun` sets RANK and WORLD_SIZE; without them it is one process.

    Processes on GPUs speak nccl, others gloo. A group that exists already is used and left open. Raises ValueError when
    a machine has fewer GPUs than local ranks.
    """
    rank, size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    device = _own_device(int(os.environ.get("LOCAL_RANK", "0")))
    opened = size > 1 and not dist.is_initialized()
    if opened:
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    try:
        yield World(rank, size, device)
    finally:
        if opened:
            dist.destroy_process_group()


def _own_device(local_rank: int) -> torch.device:
    if not torch.cuda.is_available():
        return torch.device("cpu")
    if local_rank >= torch.cuda.device_count():
        raise ValueError(
            f"local rank {local_rank} has no GPU of its own: this machine has {torch.cuda.device_count()}; "
            f"start torchrun with --nproc-per-node {torch.cuda.device_count()}"
        )
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)
