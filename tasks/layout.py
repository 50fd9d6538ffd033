"""How a build is cut: into blocks of trajectories, the steps of a block into shards, and shards into Prefect tasks.

A block is a run of trajectories with everything that is made of them, so nothing in one block refers to another (only
the cut over the whole build looks at all of them). Sizes follow from the configuration alone, never from a clock: the
same configuration is cut the same way wherever it runs.
"""

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tasks.config.model import GenerateConfig
from tasks.costs import table_cost
from tasks.expected import expected_items
from tasks.steps import Step, steps_of

MOST_BLOCKS = 96
MOST_TRAJECTORIES = 2000
MOST_ITEMS = 10_000
# One item of `samples` is a clip with a row for each frame, about half a megabyte.
MOST_CLIPS = 200
SHARE_OF_TASKS = 0.95
GROWTH = 1.25


@dataclass(frozen=True)
class Layout:
    """Sizes of a build's pieces: trajectories in a block, items in a shard of each step, shards in a Prefect task."""

    trajectories: int
    block: int
    shard_items: Mapping[str, int]
    task_shards: Mapping[str, int]

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return max(1, math.ceil(self.trajectories / self.block))

    def span(self, block: int) -> tuple[int, int]:
        """First trajectory of a block, and the first after it."""
        return block * self.block, min(self.trajectories, (block + 1) * self.block)

    def expected_shards(self, step: Step, items: int) -> int:
        """Shards of a step that will have so many items, spread evenly over the blocks; a cut has one a block."""
        if step.reduce:
            return self.blocks if items else 0
        return self.blocks * math.ceil(items / self.blocks / self.shard_items[step.name])

    def expected_task_runs(self, step: Step, items: int) -> int:
        """Prefect tasks that such a step will be; a cut is one."""
        if step.reduce:
            return 1 if items else 0
        each = self.expected_shards(step, items) // self.blocks
        return self.blocks * math.ceil(each / self.task_shards[step.name])


def layout_of(config: GenerateConfig, trajectories: int) -> Layout:
    """The layout of a build of so many trajectories.

    A shard takes about `execution.shard_seconds` of a worker's time by the table of costs (`costs.py`), longer where
    the build would otherwise have more than `execution.max_task_runs` shards. `execution.stages.<step>.shard_items`
    overrides that. Where shards are bounded by memory, several share one Prefect task.
    """
    expected = expected_items(config, trajectories)
    steps = [step for step in steps_of(config) if not step.reduce]
    seconds = config.execution.shard_seconds
    limit = SHARE_OF_TASKS * config.execution.max_task_runs
    while True:
        sizes = {step.name: shard_size(config, step, seconds) for step in steps}
        block = min(MOST_TRAJECTORIES, max(sizes["pose"], math.ceil(trajectories / MOST_BLOCKS), 1))
        layout = Layout(trajectories, block, sizes, dict.fromkeys(sizes, 1))
        shards = [layout.expected_shards(step, expected[step.name]) for step in steps]
        at_limit = all(
            size == shard_size(config, step, math.inf) for step, size in zip(steps, sizes.values(), strict=True)
        )
        if sum(shards) <= limit or at_limit:
            break
        seconds *= GROWTH

    def few_enough(together: int) -> bool:
        cut = replace(layout, task_shards=dict.fromkeys(sizes, together))
        return sum(cut.expected_task_runs(step, expected[step.name]) for step in steps) <= limit

    together = 1 + bisect_left(range(1, max(shards)), True, key=few_enough)
    return replace(layout, task_shards=dict.fromkeys(sizes, together))


def shard_size(config: GenerateConfig, step: Step, seconds: float) -> int:
    """Items of a step that take about `seconds` of a worker's time; what is configured goes first."""
    configured: int | None = getattr(config.execution.stages, step.resources or "pose").shard_items
    if configured is not None:
        return configured
    most = MOST_CLIPS if step.table.rows == "many" else MOST_ITEMS
    cost = table_cost(config, step.name).worker_s
    return max(1, most if seconds == math.inf else min(most, int(seconds / cost)))
