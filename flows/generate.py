"""The flow ``pam``: one command, or one deployed run, makes one dataset or completes it."""

import warnings
from dataclasses import dataclass
from typing import Annotated

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from flows.announcements import ENDED, PUBLISHED, announce
from flows.log_lines import write_json_lines
from flows.page import MOST_FAILURES, BuildPage, summary_markdown
from flows.pictures import first_frames
from flows.progress import StepMeter, followed
from flows.schedule import run_steps
from flows.step import RunningBuild, failures_of
from flows.which_build import address_in_store, configuration
from tasks.build import Build, open_build
from tasks.config.load import profile_names
from tasks.lease import building
from tasks.plan import Planner
from tasks.preflight import preflight
from tasks.report.build import PAGE, write_card, write_report
from tasks.snapshot import write_snapshot
from tasks.steps import steps_of
from tasks.store import Store, StoreWarning

# A list to choose from in Prefect's form; a misspelt name is refused before there is a run.
Profile = Annotated[str | None, Field(json_schema_extra={"enum": [*profile_names(), None]})]
DEFAULT_STORE = "./pam-data"
MOST_SHARDS_AT_ONCE = 64

COUNTED = {"pose": "trajectories", "appearance": "candidates", "video": "clips", "samples": "samples"}


@dataclass(frozen=True)
class BuildSummary:
    """What a build came to: where it lies, where its report is, how many of what it holds, and how each step went."""

    build_id: str
    store: str
    report: str
    counts: dict[str, int]
    steps: tuple[StepMeter, ...]


@flow(
    name="pam",
    task_runner=ThreadPoolTaskRunner(max_workers=MOST_SHARDS_AT_ONCE),  # type: ignore[arg-type]
    persist_result=False,
)
def generate(
    profile: Profile = None,
    config: str | None = None,
    settings: list[str] | None = None,
    store: str = DEFAULT_STORE,
    build: str | None = None,
) -> BuildSummary:
    """Make a labelled hand-object video dataset, or complete one.

    What is committed in the store is done; running again with the same parameters does the rest.

    Args:
        profile: The named configuration to start from: demo, fast or paper. Left empty it is demo.
        config: A YAML file with settings of your own, laid over the profile; the worker must be able to read it.
        settings: Single settings, laid over both, each written as key=value, such as pose.trajectories=4.
        store: Where the dataset goes. A folder, or s3://bucket/prefix with the usual AWS variables set for the worker.
        build: A name for the build. Left empty it is named by what determines its content. A build that exists goes on
            with its own configuration where neither profile nor config is given.
    """
    write_json_lines()
    log = get_run_logger()
    opened, warned = prepare(profile, config, settings or [], store, build)
    for warning in warned:
        log.warning("%s", warning)
    planner, page = Planner(opened), BuildPage(opened.build_id, log)
    steps = [step.name for step in steps_of(opened.config)]
    with building(opened.store, opened.build_id), followed([*steps, "publish"]) as progress:
        run = RunningBuild(planner, progress, page, log)
        try:
            run_steps(run)
            publish(run)
        except BaseException as error:
            announce(ENDED, opened.build_id, store, reason=type(error).__name__)
            if isinstance(error, Exception):
                page.attempt("summary", lambda: summarise(run, published=False))
            raise
        finally:
            run.close()
            page.settle()
        return summarise(run, published=True)


def prepare(
    profile: str | None, config: str | None, settings: list[str], store: str, build: str | None
) -> tuple[Build, list[str]]:
    """The build that these parameters mean, after a look at everything it needs, and what a person should know of it.

    Raises ConfigError, ExecutorError or StoreError in one line.
    """
    place = Store(store)
    resolved = configuration(profile, config, settings, place, build)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", StoreWarning)
        preflight(resolved, place)
    return open_build(resolved, place, build), [str(warning.message) for warning in caught]


def publish(run: RunningBuild) -> None:
    """Write what readers start from: the snapshot, the dataset card and the report."""
    run.progress.begin("publish", total=1)

    @task(name="publish", cache_policy=NO_CACHE, persist_result=False)
    def write() -> str:
        write_snapshot(run.build, run.planner)
        if run.build.config.execution.simulation is not None:
            return "none, as nothing but time was simulated"
        write_card(run.build.store, run.build.build_id)
        return write_report(run.build.store, run.build.build_id)

    report = write.submit().result()
    run.log.info("build=%s: published, report at %s", run.build.build_id, report)
    announce(PUBLISHED, run.build.build_id, run.build.store.uri, report=report)
    run.progress.report("publish", "all", 1)
    run.page.show(run.progress.end("publish", {"ok": 1}))


def summarise(run: RunningBuild, *, published: bool) -> BuildSummary:
    """Put what there is now on the run's page: counts, pictures, steps and failures."""
    build, page, meters = run.build, run.page, list(run.progress.meters.values())
    counts = {
        COUNTED[meter.step]: meter.statuses.get("ok", 0) for meter in meters if meter.step in COUNTED and meter.statuses
    }
    report = address_in_store(build.store, build.key(PAGE))
    pictures = page.attempt("first frames", lambda: list(first_frames(run.planner))) or []
    named = report if published else None
    page.summarise(summary_markdown(build.build_id, build.store.uri, named, meters, counts, pictures))
    steps = [step.name for step in steps_of(build.config)]
    failures = page.attempt("failures", lambda: list(failures_of(run.planner, steps, MOST_FAILURES))) or []
    page.list_failures(failures, sum(meter.statuses.get("failed", 0) for meter in meters))
    return BuildSummary(build.build_id, build.store.uri, report, counts, tuple(meters))
