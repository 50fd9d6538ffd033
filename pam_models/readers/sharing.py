"""Who reads which clip in which order: a pure function of seed, epoch, rank and worker."""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import torch.distributed
from jaxtyping import Int64
from torch.utils.data import get_worker_info


@dataclass(frozen=True)
class Share:
    """One reader among all: rank `rank` of `ranks` processes, and in it worker `worker` of `workers`."""

    rank: int = 0
    ranks: int = 1
    worker: int = 0
    workers: int = 1

    def __post_init__(self) -> None:
        """Raises ValueError for numbers that name no reader."""
        if not (0 <= self.rank < self.ranks and 0 <= self.worker < self.workers):
            raise ValueError(
                f"rank {self.rank} of {self.ranks}, worker {self.worker} of {self.workers}: no such reader"
            )


def world() -> tuple[int, int]:
    """(rank, ranks) of torch.distributed where it runs, else of torchrun's variables, else (0, 1)."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))


def share_of(rank: int, ranks: int) -> Share:
    """The share of the process or `DataLoader` worker that asks."""
    info = get_worker_info()
    return Share(rank, ranks) if info is None else Share(rank, ranks, info.id, info.num_workers)


def clip_order(clips: int, seed: int | None, epoch: int) -> Int64[np.ndarray, " C"]:
    """All clips in the order of an epoch, the same for every reader; without a seed in their own order."""
    if seed is None:
        return np.arange(clips, dtype=np.int64)
    return np.random.default_rng([seed, epoch]).permutation(clips)


def own_clips(order: Int64[np.ndarray, " C"], share: Share) -> Int64[np.ndarray, " c"]:
    """The clips of one reader: ranks take turns, and the workers of a rank take turns among its clips."""
    return order[share.rank :: share.ranks][share.worker :: share.workers]


def even_rows(order: Int64[np.ndarray, " C"], rows_of_clip: Int64[np.ndarray, " C"], share: Share) -> int:
    """How many rows this reader may yield so that every rank yields the same number: the least of all ranks has."""
    counts = [
        int(rows_of_clip[own_clips(order, Share(rank, share.ranks, share.worker, share.workers))].sum())
        for rank in range(share.ranks)
    ]
    return min(counts)
