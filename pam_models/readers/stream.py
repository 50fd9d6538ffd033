"""The iterable dataset: clip by clip, each decoded once, ahead of its use, and mixed with a few others."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
import torch
from torch.utils.data import IterableDataset, get_worker_info

from pam_models.readers.batches import stacked, with_picture
from pam_models.readers.frames import BuildFrames, ReadConfig
from pam_models.readers.shared_blocks import SharedBlocks
from pam_models.readers.sharing import Share, clip_order, even_rows, own_clips, share_of, world

DRAWS = 4096


class FrameStream(IterableDataset[dict[str, Any]]):
    """Labelled frames for training, many times as fast as single pictures: whole clips, decoded once.

    Items are those of `FrameDataset`. With `seed` None clips and frames come in order. With a seed the clips come in a
    new order each epoch (`set_epoch`), and each item is drawn from `mix_clips` clips that are open together; clips of a
    rank are shared among its `DataLoader` workers, clips of the build among ranks (by default those of
    torch.distributed or torchrun). `even` lets every rank yield as many rows as the one with the fewest, for training
    that waits for all ranks; the last rows of the others are left out of that epoch.

    A first pass only decodes; a second one keeps what it decodes (`CacheConfig.decoded_bytes`), and later ones decode
    nothing that is kept: what is read once leaves nothing on the disk.

    With `batch_size` it yields stacked batches itself; give the `DataLoader` batch_size=None then. Memory: about
    (mix_clips + 2 threads) decoded clips, whatever the size of the build. Where the process has run a flow before, give
    the `DataLoader` multiprocessing_context="forkserver": forked workers inherit what Prefect left behind, and fail.

    Raises:
        ReadError, EmptySelectionError: see `BuildFrames`; and, when its turn comes, ReadError for a clip that is
            missing, altered, damaged or of the wrong length. Nothing is skipped.
    """

    def __init__(
        self,
        build: str,
        config: ReadConfig | None = None,
        *,
        seed: int | None = 0,
        mix_clips: int = 8,
        batch_size: int | None = None,
        even: bool = False,
        threads: int | None = None,
        rank: int | None = None,
        ranks: int | None = None,
    ) -> None:
        super().__init__()
        if mix_clips < 1 or (batch_size is not None and batch_size < 1) or (threads is not None and threads < 1):
            raise ValueError(
                f"mix_clips, batch_size and threads are at least 1; got {mix_clips}, {batch_size}, {threads}"
            )
        here = world()
        self.rank, self.ranks = here[0] if rank is None else rank, here[1] if ranks is None else ranks
        Share(self.rank, self.ranks)
        self.frames = BuildFrames(build, config)
        self._seed, self._mix_clips, self._batch_size = seed, mix_clips, batch_size
        self._even, self._threads = even, threads
        self._blocks: SharedBlocks | None = None
        # In shared memory, so that workers that live on through epochs hear of a new one.
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]
        self._passes = torch.zeros(1, dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]

    def set_epoch(self, epoch: int) -> None:
        """Which epoch the next iteration is; another gives another order."""
        self._epoch[0] = epoch

    @property
    def num_rows(self) -> int:
        """Rows of all ranks together."""
        return len(self.frames.index)

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The rows of this rank and worker, as items or as batches."""
        share, epoch, index = share_of(self.rank, self.ranks), int(self._epoch[0]), self.frames.index
        order = clip_order(index.num_clips, self._seed, epoch)
        clips = own_clips(order, share)
        with ThreadPoolExecutor(self._workers(), thread_name_prefix="pam-read") as pool:
            read = partial(self.frames.clip_rows, keep=bool(self._passes[0] > 0))
            decoded = _ahead(pool, read, clips.tolist(), 2 * self._workers())
            rows: Iterator[dict[str, Any]]
            if self._seed is None:
                rows = (row for clip in decoded for row in clip)
            else:
                identity = [self._seed, epoch, share.rank, share.worker]
                rows = _mixed(decoded, self._mix_clips, np.random.default_rng(identity))
            if self._even:
                rows = islice(rows, even_rows(order, np.diff(index.clip_start), share))
            yield from map(with_picture, rows) if self._batch_size is None else self._batches(rows, self._batch_size)
        if share.worker == 0:
            self._passes += 1

    def _batches(self, rows: Iterator[dict[str, Any]], size: int) -> Iterator[dict[str, Any]]:
        """Rows stacked, in a loader's worker into memory that is used again; the last batch may be smaller."""
        if self._blocks is None and get_worker_info() is not None:
            self._blocks = SharedBlocks()
        while chunk := list(islice(rows, size)):
            yield stacked(chunk, size, self._blocks)

    def _workers(self) -> int:
        if self._threads is not None:
            return self._threads
        return 1 if get_worker_info() is not None else min(4, len(os.sched_getaffinity(0)))


Rows = list[dict[str, Any]]


def _ahead(pool: ThreadPoolExecutor, read: Callable[[int], Rows], clips: Sequence[int], depth: int) -> Iterator[Rows]:
    """Decoded clips in order, `depth` of them under way; what is still waiting when the reader stops is dropped."""
    waiting: deque[Future[Rows]] = deque()
    coming = iter(clips)
    try:
        for clip in islice(coming, depth):
            waiting.append(pool.submit(read, clip))
        while waiting:
            ready = waiting.popleft().result()
            for clip in islice(coming, 1):
                waiting.append(pool.submit(read, clip))
            yield ready
    finally:
        for future in waiting:
            future.cancel()


def _mixed(decoded: Iterable[Rows], mix_clips: int, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Rows drawn one by one from the clips that are open together; a clip that is empty gives way to the next."""
    source = iter(decoded)
    pool = [_shuffled(rows, rng) for rows in islice(source, mix_clips)]
    draws: Iterator[float] = iter(())
    while pool:
        draw = next(draws, None)
        if draw is None:
            draws = iter(rng.random(DRAWS).tolist())
            continue
        chosen = int(draw * len(pool))
        rows = pool[chosen]
        yield rows.pop()
        if not rows:
            following = next(source, None)
            if following is None:
                pool.pop(chosen)
            else:
                pool[chosen] = _shuffled(following, rng)


def _shuffled(rows: Rows, rng: np.random.Generator) -> Rows:
    return [rows[place] for place in rng.permutation(len(rows)).tolist()]
