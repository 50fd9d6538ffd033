"""What there is to do: planned shards less committed parts, step by step.

Shards are named by their items, so a plan made twice is the same plan, and a part that the plan does not name (cut
with another shard size, or from before a retry) is no longer read; its rows are taken over where they still hold.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tasks import ids
from tasks.build import Build
from tasks.errors import PamError
from tasks.items import items_of
from tasks.rows import PartReader
from tasks.stage import Item, Row
from tasks.steps import BY_NAME, Step
from tasks.tables.lineage import retries_of


class PlanError(PamError):
    """A step that cannot be planned yet, because one before it is unfinished."""


@dataclass(frozen=True)
class Shard:
    """The items of one part. `sources` says, for each step, in which part each referenced row stands; `takeover` the
    same for rows of this step that an earlier part already holds. `retries` counts the times an item was asked to be
    tried again.
    """

    step: str
    shard_id: str
    key: str
    items: tuple[Item, ...] = ()
    inputs: tuple[str, ...] = ()
    sources: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    takeover: Mapping[str, str] = field(default_factory=dict)
    retries: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class StepPlan:
    """A step's shards, and which of them are committed."""

    step: Step
    shards: tuple[Shard, ...]
    done: frozenset[str]

    @property
    def todo(self) -> tuple[Shard, ...]:
        """Shards without a committed part."""
        return tuple(shard for shard in self.shards if shard.shard_id not in self.done)

    @property
    def items(self) -> int:
        """Number of items in all shards."""
        return sum(len(shard.items) for shard in self.shards)

    @property
    def items_done(self) -> int:
        """Number of items in committed shards."""
        return sum(len(shard.items) for shard in self.shards if shard.shard_id in self.done)


class Planner:
    """Plans the steps of one build in order. Keeps the names of finished steps' parts, never their rows."""

    def __init__(self, build: Build, reader: PartReader | None = None) -> None:
        self.build = build
        self.reader = reader or PartReader(build.store)
        self._keys: dict[str, tuple[str, ...]] = {}

    def plan(self, name: str) -> StepPlan:
        """The step's shards and which are done. Raises PlanError while a step before it is unfinished."""
        step = BY_NAME[name]
        shards = self._reduce_shard(step) if step.reduce else self._map_shards(step)
        committed = self.build.committed(name)
        done = frozenset(shard.shard_id for shard in shards if shard.key in committed)
        if len(done) < len(shards):
            left_over = sorted(set(committed) - {shard.key for shard in shards})
            shards = tuple(self._taking_over(step, shards, left_over)) if left_over and not step.reduce else shards
        self._keys[name] = tuple(shard.key for shard in shards)
        return StepPlan(step, shards, done)

    def parts(self, name: str) -> tuple[str, ...]:
        """Keys of a finished step's parts, in order: what readers may read. Raises PlanError when it is not
        finished.
        """
        if name not in self._keys:
            self.plan(name)
        keys = self._keys[name]
        committed = self.build.committed(name)
        missing = sum(key not in committed for key in keys)
        if missing:
            raise PlanError(f"step {name} is unfinished: {missing} of {len(keys)} shards are to be done")
        return keys

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

    def _map_shards(self, step: Step) -> tuple[Shard, ...]:
        place: dict[str, dict[str, str]] = {}

        def ok_rows(name: str, columns: tuple[str, ...]) -> Iterator[Row]:
            where = place.setdefault(name, {})
            for key, row in self.reader.columns(
                self.parts(name), ("item_id", "status", *(c for c in columns if c != "item_id"))
            ):
                if row["status"] == "ok":
                    where[row["item_id"]] = key
                    yield row
                elif name.startswith("select-"):
                    yield row

        items = list(items_of(self.build, step, ok_rows))
        for name in {name for item in items for name in item.refs} - set(place):
            place[name] = {row["item_id"]: key for key, row in self.reader.columns(self.parts(name), ("item_id",))}
        counts = self.build.retry_counts(step.name)
        size = self._resources(step).shard_items
        return tuple(
            self._shard(step, items[start : start + size], place, counts) for start in range(0, len(items), size)
        )

    def _shard(
        self, step: Step, items: Sequence[Item], place: Mapping[str, Mapping[str, str]], counts: Mapping[str, int]
    ) -> Shard:
        retries = {item.item_id: counts[item.item_id] for item in items if item.item_id in counts}
        identity = ids.shard_id(step.name, ((item.item_id, retries.get(item.item_id, 0)) for item in items))
        sources: dict[str, dict[str, str]] = {}
        for item in items:
            for name, row_id in item.refs.items():
                sources.setdefault(name, {})[row_id] = place[name][row_id]
        inputs = sorted({key for found in sources.values() for key in found.values()})
        return Shard(
            step.name,
            identity,
            self.build.part_key(step.name, identity),
            tuple(items),
            tuple(inputs),
            sources,
            {},
            retries,
        )

    def _reduce_shard(self, step: Step) -> tuple[Shard, ...]:
        inputs = tuple(key for parent in step.parents for key in self.parts(parent))
        settings = ids.canonical_json([step.version, step.subset(self.build.subset)])
        identity = ids.shard_id(step.name, [(settings, 0), *((key.rsplit("/", 1)[1], 0) for key in inputs)])
        return (Shard(step.name, identity, self.build.part_key(step.name, identity), inputs=inputs),)

    def _taking_over(self, step: Step, shards: Sequence[Shard], left_over: Sequence[str]) -> Iterator[Shard]:
        by = "item_id" if step.table.rows == "one" else "parent_id"
        held: dict[str, str] = {}
        failed: dict[str, tuple[str, int]] = {}
        for key in left_over:
            part, _ = self.reader.part(key)
            retries = retries_of(part.metadata)
            for row_id, status, item in zip(
                part.table.column(by).to_pylist(),
                part.table.column("status").to_pylist(),
                part.table.column("item_id").to_pylist(),
                strict=True,
            ):
                if status == "failed":
                    failed[row_id] = (key, retries.get(item, 0))
                else:
                    held[row_id] = key
        for shard in shards:
            takeover: dict[str, str] = {}
            for item in shard.items:
                row_id = item.item_id if by == "item_id" else item.parent_id
                if row_id in held:
                    takeover[item.item_id] = held[row_id]
                elif row_id in failed and failed[row_id][1] >= shard.retries.get(item.item_id, 0):
                    takeover[item.item_id] = failed[row_id][0]
            yield replace(shard, takeover=takeover)

    def _resources(self, step: Step) -> Any:  # noqa: ANN401  StageResources by name
        return getattr(self.build.config.execution.stages, step.resources or "")
