"""The next batches, made in a second thread while the present one is learnt."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from pam_models.training.ordering import Turn

Batch = Mapping[str, Any]


class Prefetcher:
    """The batches of the turns of each step from `first` to before `last`, a list for each step, in order."""

    def __init__(
        self,
        batch: Callable[[Turn], Batch],
        turns: Callable[[int], Sequence[Turn]],
        first: int,
        last: int,
        ahead: int = 3,
    ) -> None:
        self._batch = batch
        self._turns = turns
        self._steps = iter(range(first, last))
        self._ahead = ahead
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="batches")
        self._waiting: deque[list[Future[Batch]]] = deque()

    def __enter__(self) -> Iterator[list[Batch]]:
        """Start making batches."""
        return self._batches()

    def __exit__(self, *_: object) -> None:
        """Finish the batch that is being made and drop the others."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _batches(self) -> Iterator[list[Batch]]:
        for _ in range(self._ahead):
            self._submit()
        while self._waiting:
            batches = [future.result() for future in self._waiting.popleft()]
            self._submit()
            yield batches

    def _submit(self) -> None:
        step = next(self._steps, None)
        if step is not None:
            self._waiting.append([self._pool.submit(self._batch, turn) for turn in self._turns(step)])
