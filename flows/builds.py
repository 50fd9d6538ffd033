"""The commands that look at builds: plan, status, verify, retry's marks, and the report."""

from collections.abc import Mapping
from pathlib import Path

from flows.console import out
from flows.estimate_screen import print_estimate
from flows.screens import print_marked, print_plan, print_status, print_verdict
from flows.watch import watch_build
from flows.which_build import address_in_store, configuration
from tasks.build import Build, load_build
from tasks.config import build_id_of, output_subset
from tasks.estimate import error_on_last, estimate
from tasks.expected import expected_items
from tasks.measured import measured_builds, measured_costs
from tasks.plan import Planner
from tasks.report.build import PAGE, write_card, write_report
from tasks.retry import mark_failed
from tasks.snapshot import read_snapshot
from tasks.status import build_status
from tasks.store import Store
from tasks.verify import verify


def show_plan(
    profile: str | None,
    config: Path | None,
    settings: list[str],
    store: str,
    build: str | None,
    prices: Mapping[str, float] | None = None,
) -> None:
    """Print what is to do, step by step, what it will take and what it costs; nothing is written.

    `prices` (as in `execution.prices`) go before the configured ones. Raises ConfigError or StoreError.
    """
    place = Store(store)
    resolved = configuration(profile, str(config) if config is not None else None, settings, place, build)
    subset = output_subset(resolved)
    planned = Build(place, build_id_of(subset, build), resolved, subset)
    planner = Planner(planned)
    statuses = build_status(planner)
    trajectories = next(status.items for status in statuses if status.step == "pose")
    expected = expected_items(resolved, trajectories)
    print_plan(out(), planned.build_id, store, statuses, expected, planner.layout)
    todo = {
        status.step: max(status.items, 0 if status.planned else expected[status.step]) - status.items_done
        for status in statuses
    }
    builds = measured_builds(place)
    paid = resolved.execution.prices.model_copy(update=dict(prices or {}))
    found = estimate(planned, todo, measured_costs(planned, builds), paid)
    print_estimate(out(), found, error_on_last(planned, builds))


def show_status(build: str, store: str, watch: bool = False) -> None:
    """Print how far a build is, again and again until it is published where `watch` is set. Raises ConfigError for an
    unknown build.
    """
    if watch:
        watch_build(out(), load_build(Store(store), build))
        return
    found = load_build(Store(store), build)
    published = read_snapshot(found.store, build) is not None
    address = address_in_store(found.store, found.key(PAGE))
    print_status(out(), build, build_status(Planner(found)), published, address)


def show_verdict(build: str, store: str) -> bool:
    """Print what a verification found; whether nothing is wrong."""
    verdict = verify(Store(store), build)
    print_verdict(out(), build, verdict)
    return verdict.passed


def mark_for_retry(build: str, store: str) -> bool:
    """Mark failed items to be tried again and say which; whether there are any."""
    marked = mark_failed(load_build(Store(store), build))
    print_marked(out(), build, marked)
    return bool(marked)


def rewrite_report(build: str, store: str) -> None:
    """Write card and report from the published parts and say where the report is."""
    place = Store(store)
    write_card(place, build)
    out().print(f"Report: {write_report(place, build)}", highlight=False, soft_wrap=True)
