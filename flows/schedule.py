"""The order of the work: which steps run side by side, and which shards run next."""

import math
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from prefect.futures import PrefectFuture, as_completed

from flows.announcements import MOVED, announce
from flows.pools import Pools, pools_of, resources_of
from flows.step import RunningBuild, shard_task
from tasks.config.model import GenerateConfig
from tasks.executor.opening import overlap_fits
from tasks.executor.slots import IN_FLIGHT
from tasks.expected import expected_items
from tasks.layout import Layout
from tasks.plan import PlanError, Shard, StepPlan
from tasks.shard import ShardReport, check_failures
from tasks.space import check_space
from tasks.status import build_status
from tasks.steps import Step, steps_of

LOOK_AT_POOLS_S = 1.0

Running = PrefectFuture[list[ShardReport]]


def run_steps(run: RunningBuild) -> None:
    """Work off what is left of a build. Raises TooManyFailuresError when a step has more than is allowed.

    With `execution.mode` staged the steps follow each other, and so do their models. Streaming, the steps between two
    cuts overlap: a block goes on to the next step as soon as its own shards are committed. Where the workers of all
    steps fit side by side, the later models load while the earlier ones work.
    """
    if run.build.config.execution.store_quota_gib is not None:
        run.written_bytes = sum(status.bytes for status in build_status(run.planner))
    for session in sessions(run):
        todo = [step for group in session for step in group if not run.planner.survey(step.name).finished]
        if resources_of(todo):
            run.open_ray()
        with pools_of(run.build, todo, first=len(session[0])) as pools:
            for group in session:
                StepsUnderWay(run, group, pools).work_off()


def sessions(run: RunningBuild) -> Iterator[list[list[Step]]]:
    """Groups of steps that run together, in sessions that share their pools of workers. Each session is asked for when
    the one before it is done.
    """
    groups = side_by_side(run)
    if all(len(group) == 1 for group in groups):
        yield from ([group] for group in groups)
        return
    if _fit(run, [step for group in groups for step in group]):
        yield groups
        return
    for group in groups:
        if _fit(run, group):
            yield [group]
        else:
            names = ", ".join(step.name for step in group)
            run.log.warning("the workers of %s do not fit side by side: one step at a time", names)
            yield from ([[step]] for step in group)


def side_by_side(run: RunningBuild) -> list[list[Step]]:
    """The steps of a build in order, those that may overlap in one group: a cut waits for everything before it."""
    streaming = run.build.config.execution.mode == "streaming"
    groups: list[list[Step]] = []
    for step in steps_of(run.build.config):
        if streaming and not step.reduce and groups and not groups[-1][0].reduce:
            groups[-1].append(step)
        else:
            groups.append([step])
    return groups


def shards_at_once(config: GenerateConfig, step: Step, layout: Layout) -> int:
    """How many shards of a step are under way together: `execution.parallel_shards`, and more where they are so small
    that workers would wait for the next one, up to one for each worker (which is what a crash costs).
    """
    execution = config.execution
    if step.reduce or execution.executor == "inline":
        return execution.parallel_shards
    workers: int = getattr(execution.stages, str(step.resources)).actors
    filling = math.ceil(IN_FLIGHT * workers * step.batch_size(config) / layout.shard_items[step.name])
    return max(execution.parallel_shards, min(workers, filling))


def _fit(run: RunningBuild, steps: Sequence[Step]) -> bool:
    """Whether the workers of those steps that are not finished fit on the cluster side by side."""
    todo = resources_of([step for step in steps if not run.planner.survey(step.name).finished])
    if len(todo) < 2:
        return True
    run.open_ray()
    return overlap_fits(run.build.config.execution, todo)


@dataclass
class StepsUnderWay:
    """Steps that run side by side: blocks that wait for the step before, tasks to submit, tasks under way."""

    run: RunningBuild
    steps: Sequence[Step]
    pools: Pools
    _blocks: dict[str, deque[int]] = field(default_factory=dict)
    _tasks: dict[str, deque[tuple[Shard, ...]]] = field(default_factory=lambda: defaultdict(deque))
    _running: dict[str, list[Running]] = field(default_factory=lambda: defaultdict(list))
    _ended: set[str] = field(default_factory=set)
    _resumed: set[str] = field(default_factory=set)

    def work_off(self) -> None:
        """Run every shard that is to be done, a few of each step at a time.

        The first task that fails for good ends the work, after those under way.
        """
        plans = {step.name: self.run.planner.survey(step.name) for step in self.steps}
        for step in self.steps:
            self._begin(step, plans[step.name])
        self._resumed = {name for name, plan in plans.items() if plan.finished}
        self._end_finished()
        try:
            while len(self._ended) < len(self.steps):
                self._submit()
                self._take_next()
                self._end_finished()
        except BaseException as error:
            if not isinstance(error, Exception):
                self.run.stop()
            self._see_out()
            raise

    def _begin(self, step: Step, plan: StepPlan) -> None:
        run = self.run
        expected = expected_items(run.build.config, run.planner.layout.trajectories)[step.name] if plan.waiting else 0
        run.page.show(run.progress.begin(step.name, max(plan.items, expected), plan.items_done))
        run.log.info(
            "build=%s step=%s: %d of %d shards to do", run.build.build_id, step.name, len(plan.todo), len(plan.shards)
        )
        announce(MOVED, run.build.build_id, run.build.store.uri, step=step.name)
        self._blocks[step.name] = deque(range(run.planner.layout.blocks))

    def _submit(self) -> None:
        planner = self.run.planner
        for step in self.steps:
            most = shards_at_once(planner.build.config, step, planner.layout)
            running = self._running[step.name]
            while len(running) < most and self.pools.ready(step):
                shards = self._next(step)
                if shards is None:
                    break
                check_space(self.run.build, self.run.written_bytes)
                work = shard_task(self.run, step, shards, self.pools.of(step))
                running.append(work.submit(shards[0].shard_id))

    def _next(self, step: Step) -> tuple[Shard, ...] | None:
        """Shards for the next task of a step, None while there are none or their block waits."""
        tasks, blocks, planner = self._tasks[step.name], self._blocks[step.name], self.run.planner
        while not tasks and blocks:
            if step.reduce:
                blocks.clear()
                todo = planner.plan(step.name).todo
                tasks.extend([todo] if todo else [])
                break
            shards = planner.block_shards(step.name, blocks[0])
            if shards is None:
                return None
            blocks.popleft()
            together = planner.layout.task_shards[step.name]
            todo = tuple(shard for shard in shards if not planner.is_committed(shard))
            tasks.extend(todo[start : start + together] for start in range(0, len(todo), together))
        return tasks.popleft() if tasks else None

    def _take_next(self) -> None:
        """Wait for one task, or for a pool while there is no task, and take in what it came to."""
        running = [future for futures in self._running.values() for future in futures]
        opening = [step for step in self.steps if step.name not in self._ended and not self.pools.ready(step)]
        if not running:
            if not opening:
                raise PlanError(f"steps {', '.join(self._blocks)}: nothing runs and nothing can begin; run it again")
            self.pools.wait_for(opening[0])
            return
        try:
            finished = next(as_completed(running, timeout=LOOK_AT_POOLS_S if opening else None))
        except TimeoutError:
            return
        for futures in self._running.values():
            if finished in futures:
                futures.remove(finished)
        self.run.written_bytes += sum(report.bytes for report in finished.result())
        announce(MOVED, self.run.build.build_id, self.run.build.store.uri)

    def _end_finished(self) -> None:
        for step in self.steps:
            if step.name in self._ended or self._tasks[step.name] or self._running[step.name]:
                continue
            if all(self.run.planner.block_parts(step.name, block) is not None for block in self._blocks[step.name]):
                self._end(step)

    def _end(self, step: Step) -> None:
        run = self.run
        run.planner.parts(step.name)
        plan = run.planner.plan(step.name)
        self._ended.add(step.name)
        statuses = check_failures(run.planner, plan)
        resumed = step.name in self._resumed
        run.page.show(run.progress.end(step.name, statuses, total=plan.items, resumed=resumed))
        run.log.info("build=%s step=%s: %s", run.build.build_id, step.name, statuses)

    def _see_out(self) -> None:
        for future in (future for futures in self._running.values() for future in futures):
            # A shard that loses its Ray ends with SystemExit, which must not end the build in its stead.
            with suppress(SystemExit, Exception):
                future.wait()
