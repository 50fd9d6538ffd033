"""What there is to do: planned shards less committed parts, step by step and block by block.

A shard is named by what determines its items: its step, the names of the parts that they come from, and which of them
it takes. So a plan needs the footers of parts and never their rows, a plan made twice is the same plan, and a part that
the plan does not name (cut with another shard size, or from before a retry) is no longer read; its rows are taken over
where they still hold (`takeover.py`).
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from tasks import ids
from tasks.build import Build
from tasks.config.stages import SelectRule
from tasks.errors import PamError
from tasks.footers import Footer, Footers
from tasks.items import count_items
from tasks.layout import Layout, layout_of
from tasks.members import Members
from tasks.rows import PartReader
from tasks.stage import Row
from tasks.steps import BY_NAME, Step, parents_of


class PlanError(PamError):
    """A step that cannot be planned yet, because one before it is unfinished."""


@dataclass(frozen=True)
class Shard:
    """The items of one part: those from `first` up to `last` (excluded) of their block.

    `inputs` are the parts that they come from. A shard of a reduce step looks at all parts in `scope`. `retries` counts
    how often each item was marked to be tried again, where any was.
    """

    step: str
    shard_id: str
    key: str
    inputs: tuple[str, ...] = ()
    block: int = 0
    first: int = 0
    last: int = 0
    scope: tuple[str, ...] = ()
    retries: Mapping[str, int] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Number of items."""
        return self.last - self.first


@dataclass(frozen=True)
class StepPlan:
    """A step's shards, and which of them are committed. `waiting` blocks cannot be planned yet."""

    step: Step
    shards: tuple[Shard, ...]
    done: frozenset[str]
    waiting: int = 0

    @property
    def todo(self) -> tuple[Shard, ...]:
        """Shards without a committed part."""
        return tuple(shard for shard in self.shards if shard.shard_id not in self.done)

    @property
    def items(self) -> int:
        """Number of items in all shards; a reduce step has none of its own."""
        return 0 if self.step.reduce else sum(shard.count for shard in self.shards)

    @property
    def items_done(self) -> int:
        """Number of items in committed shards."""
        return 0 if self.step.reduce else sum(shard.count for shard in self.shards if shard.shard_id in self.done)

    @property
    def finished(self) -> bool:
        """Whether nothing is left to do."""
        return not self.waiting and len(self.done) == len(self.shards)


class Planner:
    """Plans the steps of one build. Keeps names and footers of parts, never their rows; threads may share it."""

    def __init__(self, build: Build, reader: PartReader | None = None) -> None:
        self.build = build
        self.reader = reader or PartReader(build.store)
        self.footers = Footers(build.store)
        self.members = Members(self)
        self._lock = threading.RLock()
        self._layout: Layout | None = None
        self._rounds: tuple[Mapping[str, Mapping[str, Sequence[str]]], ...] | None = None
        self._committed: dict[str, dict[str, int]] = {}
        self._blocks: dict[tuple[str, int], tuple[Shard, ...]] = {}

    @property
    def layout(self) -> Layout:
        """How the build is cut."""
        with self._lock:
            if self._layout is None:
                count: int = import_module(BY_NAME["pose"].module).count(self.build)
                self._layout = layout_of(self.build.config, count)
            return self._layout

    def plan(self, name: str) -> StepPlan:
        """The step's shards and which are done. Raises PlanError while a step before it is unfinished."""
        found = self.survey(name)
        if found.waiting:
            for parent in parents_of(found.step, self.build.config):
                self.parts(parent)
        return found

    def survey(self, name: str) -> StepPlan:
        """The shards of the blocks that can be planned already, and which are done, asked of the store."""
        with self._lock:
            self._list(name)
            planned = [self.block_shards(name, block) for block in range(self.layout.blocks)]
            shards = tuple(shard for found in planned for shard in found or ())
            done = frozenset(shard.shard_id for shard in shards if shard.key in self._committed[name])
            return StepPlan(BY_NAME[name], shards, done, sum(found is None for found in planned))

    def block_shards(self, name: str, block: int) -> tuple[Shard, ...] | None:
        """The shards of one block of a step; None while its block of a step before is unfinished."""
        with self._lock:
            if (name, block) not in self._blocks:
                shards = self._cut(BY_NAME[name], block)
                if shards is None:
                    return None
                self._blocks[name, block] = shards
            return self._blocks[name, block]

    def block_parts(self, name: str, block: int) -> dict[str, int] | None:
        """The committed parts of a block of a step with their lengths in bytes; None while it is unfinished."""
        with self._lock:
            shards = self.block_shards(name, block)
            if shards is None:
                return None
            committed = self._committed[name] if name in self._committed else self._list(name)
            if any(shard.key not in committed for shard in shards):
                return None
            return {shard.key: committed[shard.key] for shard in shards}

    def is_committed(self, shard: Shard) -> bool:
        """Whether a shard's part was there when the store was last asked, or has been noted since."""
        with self._lock:
            return shard.key in self._committed.get(shard.step, {})

    def committed(self, shard: Shard) -> None:
        """Takes note that a shard's part is there, whether or not the store's listing shows it already."""
        size = self.build.store.size(shard.key)
        if size is not None:
            with self._lock:
                self._committed.setdefault(shard.step, {})[shard.key] = size

    def parts(self, name: str) -> tuple[str, ...]:
        """Keys of a finished step's parts, in order: what readers may read. Raises PlanError when it is unfinished."""
        with self._lock:
            found = [self.block_parts(name, block) for block in range(self.layout.blocks)]
            if any(parts is None for parts in found):
                plan = self.survey(name)
                left = len(plan.todo)
                if left or plan.waiting:
                    waiting = f", and {plan.waiting} blocks wait for the steps before" if plan.waiting else ""
                    raise PlanError(
                        f"step {name} is unfinished: {left} of {len(plan.shards)} shards are to be done{waiting}"
                    )
                return tuple(shard.key for shard in plan.shards)
            return tuple(key for parts in found for key in parts or ())

    def finished(self, name: str) -> bool:
        """Whether every shard of the step is committed."""
        try:
            self.parts(name)
        except PlanError:
            return False
        return True

    def rows(self, name: str, columns: Sequence[str]) -> Iterator[Row]:
        """Some columns of every row of a finished step, in order."""
        for _, row in self.reader.columns(self.parts(name), columns):
            yield row

    def footers_of(self, name: str, keys: Sequence[str]) -> dict[str, Footer]:
        """Footers of committed parts of a step."""
        with self._lock:
            sizes = {key: self._committed[name][key] for key in keys}
        return self.footers.of(sizes)

    def left_over(self, name: str) -> tuple[str, ...]:
        """Committed parts of a step that no planned shard names."""
        with self._lock:
            named = {shard.key for (step, _), shards in self._blocks.items() if step == name for shard in shards}
            return tuple(key for key in sorted(self._committed.get(name, {})) if key not in named)

    def marked(self, step: str, shard_id: str) -> frozenset[str]:
        """Items of a shard that some round of retries marked."""
        return frozenset(item for found in self._retry_rounds() for item in found.get(step, {}).get(shard_id, ()))

    def _list(self, name: str) -> dict[str, int]:
        known = self._committed.get(name, {})
        self._committed[name] = {**known, **self.build.committed(name)}
        return self._committed[name]

    def _retry_rounds(self) -> tuple[Mapping[str, Mapping[str, Sequence[str]]], ...]:
        with self._lock:
            if self._rounds is None:
                self._rounds = self.build.retry_rounds()
            return self._rounds

    def _cut(self, step: Step, block: int) -> tuple[Shard, ...] | None:
        """A block's shards, or None while what they come from is unfinished."""
        parents = parents_of(step, self.build.config)
        sizes = {parent: self.block_parts(parent, block) for parent in parents}
        if any(found is None for found in sizes.values()):
            return None
        parts = {parent: self.footers.of(found or {}) for parent, found in sizes.items()}
        inputs = tuple(key for found in parts.values() for key in found)
        if step.reduce:
            scope = self._scope(step, inputs)
            if scope is None:
                return None
            count = count_items(self.build, step, lambda name: parts[name].values())
            return (self._shard(step, block, (0, count), inputs, scope),) if count else ()
        if step.name == "pose":
            first, last = self.layout.span(block)
        else:
            first, last = 0, count_items(self.build, step, lambda name: parts[name].values())
        size = self.layout.shard_items[step.name]
        cuts = [(start, min(start + size, last)) for start in range(first, last, size)]
        return tuple(self._shard(step, block, place, inputs) for place in cuts)

    def _scope(self, step: Step, inputs: tuple[str, ...]) -> tuple[str, ...] | None:
        """What a cut looks at: the block where each trajectory or each item decides alone, else the whole build."""
        if decides_alone(rule_of(self.build, step.name)):
            return inputs
        every: list[str] = []
        for parent in step.parents:
            for block in range(self.layout.blocks):
                found = self.block_parts(parent, block)
                if found is None:
                    return None
                every.extend(found)
        return tuple(every)

    def _shard(
        self, step: Step, block: int, place: tuple[int, int], inputs: tuple[str, ...], scope: tuple[str, ...] = ()
    ) -> Shard:
        settings = [step.version, step.subset(self.build.subset), *_counts(self.build, step.name)]
        names = [key.rsplit("/", 1)[1] for key in inputs]
        if step.reduce:
            names.append(ids.sha256_hex("\n".join(key.rsplit("/", 1)[1] for key in scope)))
        identity = ids.part_id(step.name, settings, names, *place)
        retries: dict[str, int] = {}
        for found in self._retry_rounds():
            items = found.get(step.name, {}).get(identity, ())
            if items:
                identity = ids.retried_shard_id(identity, items)
                retries.update({item: retries.get(item, 0) + 1 for item in items})
        key = self.build.part_key(step.name, identity)
        return Shard(step.name, identity, key, inputs, block, *place, scope=scope, retries=retries)


def rule_of(build: Build, step: str) -> SelectRule:
    """The configured rule of a select step."""
    rules = build.config.select
    return rules.candidates if step == "select-candidates" or rules.clips is None else rules.clips


def decides_alone(rule: SelectRule) -> bool:
    """Whether a rule needs no look at other blocks: ranks and verdicts of a trajectory do not depend on the others."""
    return rule.scope == "input"


def _counts(build: Build, step: str) -> tuple[int | None, ...]:
    """How many children each parent has, which decides what the n-th item of a block is."""
    if step == "appearance":
        return (build.config.appearance.candidates,)
    return (build.config.video.clips_per_trajectory,) if step == "video" else ()
