"""How far a build is, as footers in the store say: shards and items done and to do, rows by status, failures."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.footers import total_reasons, total_statuses
from tasks.plan import Planner
from tasks.steps import steps_of


@dataclass(frozen=True)
class StepStatus:
    """One step. While `planned` is False, steps before it are unfinished: its shards and items are those of the blocks
    that are known already, which may be none. `reasons` counts rows that are not ok, `media_bytes` what they name.
    """

    step: str
    planned: bool
    shards: int = 0
    shards_done: int = 0
    items: int = 0
    items_done: int = 0
    statuses: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)
    bytes: int = 0

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.planned and self.shards_done == self.shards


def build_status(planner: Planner) -> list[StepStatus]:
    """The state of every step, in order."""
    return [step_status(planner, step.name) for step in steps_of(planner.build.config)]


def step_status(planner: Planner, name: str) -> StepStatus:
    """The state of one step."""
    plan = planner.survey(name)
    keys = [shard.key for shard in plan.shards if shard.shard_id in plan.done]
    footers = planner.footers_of(name, keys).values()
    items = (len(plan.shards), len(plan.done)) if plan.step.reduce else (plan.items, plan.items_done)
    return StepStatus(
        name,
        not plan.waiting,
        len(plan.shards),
        len(plan.done),
        *items,
        statuses=total_statuses(footers),
        reasons=total_reasons(footers),
        bytes=sum(footer.bytes + footer.summary.media_bytes for footer in footers),
    )
