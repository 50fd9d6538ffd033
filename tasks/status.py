"""How far a build is, as the store says: shards and items done and to do, and rows by status."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.plan import PlanError, Planner
from tasks.shard import count_statuses
from tasks.steps import steps_of


@dataclass(frozen=True)
class StepStatus:
    """One step. `planned` is False while the steps before it are unfinished: its shards and items are not known
    then.
    """

    step: str
    planned: bool
    shards: int = 0
    shards_done: int = 0
    items: int = 0
    items_done: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.planned and self.shards_done == self.shards


def build_status(planner: Planner) -> list[StepStatus]:
    """The state of every step, in order."""
    found = []
    for step in steps_of(planner.build.config):
        try:
            plan = planner.plan(step.name)
        except PlanError:
            found.append(StepStatus(step.name, planned=False))
            continue
        keys = [shard.key for shard in plan.shards if shard.shard_id in plan.done]
        statuses = count_statuses([row for _, row in planner.reader.columns(keys, ("status",))])
        items = plan.items if not step.reduce else len(plan.shards)
        items_done = plan.items_done if not step.reduce else len(plan.done)
        found.append(StepStatus(step.name, True, len(plan.shards), len(plan.done), items, items_done, statuses))
    return found
