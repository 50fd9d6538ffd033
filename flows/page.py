"""A build on its flow run's page in Prefect: a progress bar per step, a summary, and a table of what failed.

An artifact costs tens of milliseconds, and its server may be gone, which Prefect's client bears for a minute: bars move
at most every two seconds and behind the build's back, and a page that cannot be written never stops a build.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from logging import Logger, LoggerAdapter
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from flows.behind import Behind
from flows.progress import StepMeter, spoken_time

BAR_EVERY_S = 2.0
LAST_BARS_S = 5.0
MOST_FAILURES = 200

Result = TypeVar("Result")
RunLogger: TypeAlias = "Logger | LoggerAdapter[Logger]"


class BuildPage:
    """The artifacts of one build. They belong to the run that they are made in: make a page inside the flow."""

    def __init__(self, build_id: str, log: RunLogger, clock: Callable[[], float] = time.monotonic) -> None:
        self._build_id = build_id
        self._log = log
        self._clock = clock
        self._bars: dict[str, UUID] = {}
        self._moved_s: dict[str, float] = {}
        self._behind = Behind("page")

    def show(self, meter: StepMeter) -> None:
        """Move the bar of a step, making it first; calls that come too soon are dropped, a step's end never is."""
        now_s = self._clock()
        soon = now_s - self._moved_s.get(meter.step, -BAR_EVERY_S) < BAR_EVERY_S
        if soon and meter.ended_s is None:
            return
        self._moved_s[meter.step] = now_s
        text = f"{meter.step}: {meter.finished} of {meter.total}, {meter.summary(now_s)}".rstrip(", ")
        step, percent = meter.step, meter.percent
        self._behind.do(step, lambda: self.attempt("progress", lambda: self._move(step, percent, text)))

    def settle(self) -> None:
        """Wait a few seconds for the bars to be where they should be, and let go of what is not written then."""
        self._behind.close(LAST_BARS_S)

    def _move(self, step: str, percent: float, text: str) -> None:
        bar = self._bars.get(step)
        if bar is None:
            made = create_progress_artifact(progress=percent, key=f"pam-progress-{step}", description=text)
            assert isinstance(made, UUID)
            self._bars[step] = made
        else:
            update_progress_artifact(artifact_id=bar, progress=percent, description=text)

    def summarise(self, summary: str) -> None:
        """Put the build's summary (Markdown) on the page."""
        self.attempt(
            "summary",
            lambda: create_markdown_artifact(
                markdown=summary, key="pam-summary", description=f"What build {self._build_id} made"
            ),
        )

    def list_failures(self, failures: Sequence[Mapping[str, Any]], total: int) -> None:
        """Put a table of the first failed items on the page, of `total`; nothing where nothing failed."""
        if not failures:
            return
        shown = [dict(failure) for failure in failures[:MOST_FAILURES]]
        text = f"{total} failed items of build {self._build_id}; `pam retry {self._build_id}` tries them again"
        self.attempt("failures", lambda: create_table_artifact(table=shown, key="pam-failures", description=text))

    def attempt(self, what: str, write: Callable[[], Result]) -> Result | None:
        """Do something for the page; what goes wrong is logged, and None is given back."""
        try:
            return write()
        except Exception as error:  # noqa: BLE001  the page is a convenience; the build is not
            self._log.warning("the %s on Prefect's page could not be written: %s", what, error)
            return None


def summary_markdown(
    build_id: str,
    store: str,
    report: str | None,
    meters: Sequence[StepMeter],
    counts: Mapping[str, int],
    pictures: Sequence[str] = (),
) -> str:
    """The build in one page of Markdown: what there is now, where, and how each step went.

    `counts` are named totals ("clips": 2); `pictures` are data URIs.
    """
    lines = [f"# Build `{build_id}`", ""]
    lines += [", ".join(f"**{number}** {name}" for name, number in counts.items()), ""] if counts else []
    lines += [f"Store: `{store}`", ""]
    if report is None:
        lines += ["Not published yet: run it again with the same parameters.", ""]
    else:
        opens = report.startswith(("http://", "https://", "file://"))
        lines += [f"Report: [{report}]({report})" if opens else f"Report: `{report}`", ""]
    if pictures:
        lines += ["|" + " |" * len(pictures), "|" + "---|" * len(pictures)]
        lines += ["| " + " | ".join(f"![first frame of a clip]({picture})" for picture in pictures) + " |", ""]
    lines += [
        "| step | items | rows ok | filtered | failed | items done before | time |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [_row(meter) for meter in meters if meter.started_s is not None]
    return "\n".join(lines) + "\n"


def _row(meter: StepMeter) -> str:
    spent = spoken_time(meter.seconds(meter.ended_s)) if meter.ended_s is not None else "unfinished"
    statuses = meter.statuses or {"ok": meter.done - meter.failed, "failed": meter.failed}
    ok, filtered, failed = (statuses.get(status, 0) for status in ("ok", "filtered", "failed"))
    return f"| {meter.step} | {meter.total} | {ok} | {filtered} | {failed} | {meter.resumed} | {spent} |"
