"""The order of the work: which steps run side by side, and which shards run next."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from prefect.futures import PrefectFuture, as_completed

from flows.announcements import MOVED, announce
from flows.pools import Pools, pools_of, resources_of
from flows.step import RunningBuild, shard_task
from tasks.executor.opening import overlap_fits
from tasks.expected import expected_items
from tasks.plan import PlanError, Shard, StepPlan
from tasks.shard import ShardReport, check_failures
from tasks.space import check_space
from tasks.status import build_status
from tasks.steps import Step, steps_of

Running = PrefectFuture[list[ShardReport]]


def run_steps(run: RunningBuild) -> None:
    """Work off what is left of a build. Raises TooManyFailuresError when a step has more than is allowed.

    With `execution.mode` staged the steps follow each other. Streaming, those between two cuts overlap: a block goes on
    to the next step as soon as its own shards are committed.
    """
    if run.build.config.execution.store_quota_gib is not None:
        run.written_bytes = sum(status.bytes for status in build_status(run.planner))
    for steps in side_by_side(run):
        StepsUnderWay(run, steps).work_off()


def side_by_side(run: RunningBuild) -> Iterator[list[Step]]:
    """The steps of a build in groups that run together. Each group is asked for when the one before it is done."""
    streaming = run.build.config.execution.mode == "streaming"
    group: list[Step] = []
    for step in steps_of(run.build.config):
        if streaming and not step.reduce:
            group.append(step)
            continue
        yield from _if_they_fit(run, group)
        yield [step]
        group = []
    yield from _if_they_fit(run, group)


def _if_they_fit(run: RunningBuild, group: list[Step]) -> Iterator[list[Step]]:
    todo = [step for step in group if not run.planner.survey(step.name).finished]
    if len(todo) > 1:
        run.open_ray()
        if not overlap_fits(run.build.config.execution, resources_of(todo)):
            names = ", ".join(step.name for step in todo)
            run.log.warning("the workers of %s do not fit side by side: one step at a time", names)
            yield from ([step] for step in group)
            return
    if group:
        yield group


@dataclass
class StepsUnderWay:
    """Steps that run side by side: blocks that wait for the step before, tasks to submit, tasks under way."""

    run: RunningBuild
    steps: Sequence[Step]
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
        todo = [step for step in self.steps if not plans[step.name].finished]
        self._resumed = {step.name for step in self.steps} - {step.name for step in todo}
        self._end_finished()
        if not todo:
            return
        if any(step.resources is not None for step in todo):
            self.run.open_ray()
        with pools_of(self.run.build, todo) as pools:
            for step in todo:
                pools.open(step)
            try:
                while len(self._ended) < len(self.steps):
                    self._submit(pools)
                    self._take_next(pools)
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

    def _submit(self, pools: Pools) -> None:
        most = self.run.build.config.execution.parallel_shards
        for step in self.steps:
            running = self._running[step.name]
            while len(running) < most and pools.ready(step):
                shards = self._next(step)
                if shards is None:
                    break
                check_space(self.run.build, self.run.written_bytes)
                work = shard_task(self.run, step, shards, pools.of(step))
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

    def _take_next(self, pools: Pools) -> None:
        """Wait for one task, or for a pool while there is no task, and take in what it came to."""
        running = [future for futures in self._running.values() for future in futures]
        if not running:
            opening = [step for step in self.steps if step.name not in self._ended and not pools.ready(step)]
            if not opening:
                raise PlanError(f"steps {', '.join(self._blocks)}: nothing runs and nothing can begin; run it again")
            pools.wait_for(opening[0])
            return
        finished = next(as_completed(running))
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
