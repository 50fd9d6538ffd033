"""One step of a build: a pool of warm workers, and one Prefect task for each shard that is not committed yet."""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib import import_module

from prefect import Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import PrefectFuture, as_completed
from prefect.tasks import exponential_backoff

from flows.page import BuildPage, RunLogger
from flows.progress import BuildProgress
from tasks.build import Build
from tasks.errors import InfrastructureError
from tasks.executor import Executor, open_executor, ray_session
from tasks.plan import Planner, Shard, StepPlan
from tasks.select import run_select
from tasks.shard import ShardReport, check_failures, run_shard
from tasks.stage import Progress
from tasks.steps import Step

FIRST_RETRY_AFTER_S = 2.0

ShardTask = Task[[str], ShardReport]


class BuildStopped(Exception):  # noqa: N818  nothing went wrong: somebody pressed Ctrl-C
    """Ends the shards of a build that somebody stopped."""


@dataclass
class RunningBuild:
    """What the steps of one run of a build share: the plan, what people see, and Ray, started when first needed."""

    planner: Planner
    progress: BuildProgress
    page: BuildPage
    log: RunLogger
    stopping: threading.Event = field(default_factory=threading.Event)
    _opened: ExitStack = field(default_factory=ExitStack)
    _ray_is_open: bool = False

    @property
    def build(self) -> Build:
        """The build itself."""
        return self.planner.build

    @contextmanager
    def workers(self, step: Step) -> Iterator[Executor | None]:
        """Warm workers for a step, ended with the block; None for a step that needs none."""
        if step.resources is None:
            yield None
            return
        execution = self.build.config.execution
        if not self._ray_is_open:
            with under_our_own_rules():
                self._opened.enter_context(ray_session(execution))
            self._ray_is_open = True
        factory = import_module(step.module).stage(self.build, step)
        with open_executor(execution, factory, getattr(execution.stages, step.resources)) as executor:
            yield executor

    def stop(self) -> None:
        """Have the shards under way end now, without a part: their workers go, and they report to nobody."""
        self.stopping.set()
        self.close()

    def close(self) -> None:
        """End Ray."""
        self._opened.close()


@contextmanager
def under_our_own_rules() -> Iterator[None]:
    """Keeps Ray, which is started in the block, from two habits.

    Its handler of SIGTERM ends the process before Prefect can record a cancellation, and a call that comes after its
    end starts a new cluster.
    """
    os.environ.setdefault("RAY_ENABLE_AUTO_CONNECT", "0")
    before = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread() and before is not None:
        signal.signal(signal.SIGTERM, before)


def run_step(run: RunningBuild, name: str) -> None:
    """Work off what is left of a step. Raises TooManyFailuresError when more failed than the configuration allows."""
    plan = run.planner.plan(name)
    run.page.show(run.progress.begin(name, plan.items, plan.items_done))
    run.log.info("build=%s step=%s: %d of %d shards to do", run.build.build_id, name, len(plan.todo), len(plan.shards))
    if plan.todo:
        with run.workers(plan.step) as executor:
            work_off(run, plan, executor)
    statuses = check_failures(run.build, plan, run.planner.reader)
    run.page.show(run.progress.end(name, statuses, resumed=not plan.todo))
    run.log.info("build=%s step=%s: %s", run.build.build_id, name, statuses)


def work_off(run: RunningBuild, plan: StepPlan, executor: Executor | None) -> None:
    """Run the shards to do, a few at a time. The first that fails for good ends the step, after those under way."""
    shards = {shard.shard_id: shard for shard in plan.todo}
    work = shard_task(run, plan.step, shards, executor)
    waiting, running = deque(shards), list[PrefectFuture[ShardReport]]()
    try:
        while waiting or running:
            while waiting and len(running) < run.build.config.execution.parallel_shards:
                running.append(work.submit(waiting.popleft()))
            finished = next(as_completed(running))
            running.remove(finished)
            finished.result()
    except BaseException as error:
        if not isinstance(error, Exception):
            run.stop()
        for future in running:
            # A shard that loses its Ray ends with SystemExit, which must not end the build in its stead.
            with suppress(SystemExit, Exception):
                future.wait()
        raise


def shard_task(run: RunningBuild, step: Step, shards: dict[str, Shard], executor: Executor | None) -> ShardTask:
    """The Prefect task that works off one shard of a step, named by its id.

    Only trouble around the work (the store, the workers) is tried again; items have their own attempts within. There is
    no cache and no stored result: what is committed says what is done.
    """
    build, retries = run.build, run.build.config.execution.shard_retries

    @task(
        name=step.name,
        task_run_name=f"{step.name}-{{shard}}",
        tags=["pam"],
        retries=retries,
        retry_delay_seconds=exponential_backoff(FIRST_RETRY_AFTER_S),
        retry_jitter_factor=0.5,
        retry_condition_fn=worth_another_try,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def work(shard: str) -> ShardReport:
        log = get_run_logger()
        if executor is None:
            report = run_select(build, shards[shard])
        else:
            report = run_shard(build, shards[shard], executor, run.planner.reader, reporter(run, step.name, shard))
        log.info("build=%s step=%s shard=%s: %s", build.build_id, step.name, shard, spoken_report(report))
        return report

    return work


def reporter(run: RunningBuild, step: str, shard: str) -> Callable[[Progress], None]:
    """Passes a shard's progress on to the bars, and stops the shard when the build is being stopped."""

    def report(progress: Progress) -> None:
        if run.stopping.is_set():
            raise BuildStopped(f"{step} {shard}: stopped")
        run.page.show(run.progress.report(step, shard, progress.done, progress.failed))

    return report


def worth_another_try(work: ShardTask, attempt: TaskRun, state: State[ShardReport]) -> bool:
    """Whether a shard failed for a reason that may pass."""
    del work, attempt
    error = state.result(raise_on_failure=False)
    return isinstance(error, InfrastructureError)


def spoken_report(report: ShardReport) -> str:
    """What a shard came to, for the log."""
    if report.skipped:
        return "committed already"
    counts = ", ".join(f"{number} {status}" for status, number in report.statuses.items() if number)
    taken_over = f", {report.taken_over} items taken over" if report.taken_over else ""
    return f"{report.items} items, rows {counts or 'none'}{taken_over}, {report.seconds:.1f} s"


def failures_of(planner: Planner, steps: Sequence[str]) -> Iterator[dict[str, str | int]]:
    """Every failed row of the finished steps: which, why, after how many attempts."""
    for name in steps:
        if not planner.finished(name):
            return
        for row in planner.rows(name, ("item_id", "status", "error_type", "error_message", "attempts")):
            if row["status"] == "failed":
                yield {
                    "step": name,
                    "item": row["item_id"],
                    "error": row["error_type"],
                    "reason": row["error_message"],
                    "attempts": row["attempts"],
                }
