"""The shards of a build as Prefect tasks: what the steps of one run share, and the task that works off shards."""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from prefect import Task, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff

from flows.page import BuildPage, RunLogger
from flows.progress import BuildProgress
from tasks.build import Build
from tasks.errors import ClusterGoneError, InfrastructureError
from tasks.executor import Executor, ray_session
from tasks.plan import Planner, Shard
from tasks.select import run_select
from tasks.shard import ShardReport, run_shard
from tasks.stage import Progress
from tasks.steps import Step

FIRST_RETRY_AFTER_S = 2.0

ShardTask = Task[[str], list[ShardReport]]


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
    written_bytes: int = 0
    _opened: ExitStack = field(default_factory=ExitStack)
    _ray_is_open: bool = False

    @property
    def build(self) -> Build:
        """The build itself."""
        return self.planner.build

    def open_ray(self) -> None:
        """Start Ray or connect to it, the first time that workers are needed."""
        if not self._ray_is_open:
            with under_our_own_rules():
                self._opened.enter_context(ray_session(self.build.config.execution))
            self._ray_is_open = True

    def stop(self) -> None:
        """Have the shards under way end now, without a part: their workers go, and they report to nobody."""
        self.stopping.set()
        self.close()

    def close(self) -> None:
        """End Ray."""
        self._opened.close()


@contextmanager
def under_our_own_rules() -> Iterator[None]:
    """Keeps Ray, which is started in the block, from its own handler of SIGTERM: that ends the process before Prefect
    can record a cancellation.
    """
    before = signal.getsignal(signal.SIGTERM)
    yield
    if threading.current_thread() is threading.main_thread() and before is not None:
        signal.signal(signal.SIGTERM, before)


def shard_task(run: RunningBuild, step: Step, shards: Sequence[Shard], executor: Executor | None) -> ShardTask:
    """The Prefect task that works off shards of a step one after the other, named by the first of them.

    Only trouble around the work (the store, the workers) is tried again; items have their own attempts within. There is
    no cache and no stored result: what is committed says what is done. There are no tags either: for each tag Prefect
    asks its server before every run, and waits for one that is gone.
    """
    build, retries = run.build, run.build.config.execution.shard_retries

    @task(
        name=step.name,
        task_run_name=f"{step.name}-{{shard}}",
        retries=retries,
        retry_delay_seconds=exponential_backoff(FIRST_RETRY_AFTER_S),
        retry_jitter_factor=0.5,
        retry_condition_fn=worth_another_try,
        cache_policy=NO_CACHE,
        persist_result=False,
    )
    def work(shard: str) -> list[ShardReport]:
        del shard
        log = get_run_logger()
        if executor is None:
            reports = run_select(run.planner, run.planner.plan(step.name))
        else:
            told = (reporter(run, step.name, one.shard_id) for one in shards)
            reports = [run_shard(run.planner, one, executor, report) for one, report in zip(shards, told, strict=True)]
        for report in reports:
            log.info("build=%s step=%s shard=%s: %s", build.build_id, step.name, report.shard_id, spoken_report(report))
        return reports

    return work


def reporter(run: RunningBuild, step: str, shard: str) -> Callable[[Progress], None]:
    """Passes a shard's progress on to the bars, and stops the shard when the build is being stopped."""

    def report(progress: Progress) -> None:
        if run.stopping.is_set():
            raise BuildStopped(f"{step} {shard}: stopped")
        run.page.show(run.progress.report(step, shard, progress.done, progress.failed))

    return report


def worth_another_try(work: ShardTask, attempt: TaskRun, state: State[list[ShardReport]]) -> bool:
    """Whether a shard failed for a reason that may pass."""
    del work, attempt
    error = state.result(raise_on_failure=False)
    return isinstance(error, InfrastructureError) and not isinstance(error, ClusterGoneError)


def spoken_report(report: ShardReport) -> str:
    """What a shard came to, for the log."""
    if report.skipped:
        return "committed already"
    counts = ", ".join(f"{number} {status}" for status, number in report.statuses.items() if number)
    taken_over = f", {report.taken_over} items taken over" if report.taken_over else ""
    return f"{report.items} items, rows {counts or 'none'}{taken_over}, {report.seconds:.1f} s"


def failures_of(planner: Planner, steps: Sequence[str], most: int) -> Iterator[dict[str, str | int]]:
    """The first failed rows of the finished steps, at most so many: which, why, after how many attempts.

    Only parts whose footers count failures are read.
    """
    columns = ("item_id", "status", "error_type", "error_message", "attempts")
    found = 0
    for name in steps:
        if not planner.finished(name):
            return
        footers = planner.footers_of(name, planner.parts(name))
        for _, row in planner.reader.columns((key for key, footer in footers.items() if footer.failed), columns):
            if found >= most:
                return
            if row["status"] == "failed":
                found += 1
                yield {
                    "step": name,
                    "item": row["item_id"],
                    "error": row["error_type"],
                    "reason": row["error_message"],
                    "attempts": row["attempts"],
                }
