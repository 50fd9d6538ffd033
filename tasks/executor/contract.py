"""What every executor promises: one outcome for each item, in order, and a guilty item never takes its neighbours
along.
"""

from collections.abc import Sequence
from typing import Protocol

from tasks.stage import Item, OnProgress, Outcome


class Executor(Protocol):
    """Warm stages that work off items. May be used by several threads at once; `close` ends the workers.

    `gpus_per_worker` is the share of GPUs that each worker holds.
    """

    gpus_per_worker: float

    def map(self, items: Sequence[Item], *, batch_size: int, on_progress: OnProgress | None = None) -> list[Outcome]:
        """One outcome for each item, in the order of `items`.

        Items go in micro-batches of at most `batch_size`. A batch that raises or kills its worker is halved until the
        guilty item stands alone. Raises InfrastructureError when the store or the workers fail rather than an item.
        """

    def close(self) -> None:
        """Ends the workers."""
