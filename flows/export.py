"""The command `pam export`: writes a build in another layout, or checks one that was written."""

from dataclasses import dataclass

from flows.console import out
from flows.progress import BuildProgress
from flows.terminal import view_for
from tasks.export import export_build, export_options, selection_of, verify_exported
from tasks.store import Store


@dataclass(frozen=True)
class Wanted:
    """What of a build is exported, as the command's options say it."""

    split: str | None = None
    side: str | None = None
    max_mpjpe_mm: float | None = None
    detected: bool = False


def export(layout: str, build: str, destination: str, store: str, settings: list[str], wanted: Wanted) -> None:
    """Export a build and say what became of it. Raises PamError in one line."""
    options = export_options(layout, settings)
    selection = selection_of(wanted.split, wanted.side, wanted.max_mpjpe_mm, wanted.detected)
    shown = _Shown("export")
    try:
        outcome = export_build(Store(store), build, destination, options, selection, shown.update)
    finally:
        shown.stop()
    for message in outcome.messages:
        out().print(f"- {message}", highlight=False, markup=False, soft_wrap=True)
    before = f", {outcome.resumed} of {outcome.units} units written before" if outcome.resumed else ""
    out().print(
        f"Exported {outcome.files} files to {destination}{before}", highlight=False, markup=False, soft_wrap=True
    )


def verify_destination(destination: str) -> bool:
    """Read an export again and say what is wrong; whether nothing is. Raises PamError where there is no export."""
    shown = _Shown("verify")
    try:
        outcome = verify_exported(destination, shown.update)
    finally:
        shown.stop()
    for problem in outcome.problems:
        out().print(f"- {problem}", highlight=False, markup=False, soft_wrap=True)
    verdict = f"{len(outcome.problems)} wrong" if outcome.problems else "nothing is wrong"
    out().print(f"Export {destination}: {outcome.files} files read, {verdict}", highlight=False, soft_wrap=True)
    return not outcome.problems


class _Shown:
    """One bar, or lines where the output is a pipe."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._view = view_for(out())
        self._progress = BuildProgress([what], self._view)
        self._began = False
        self._view.start(list(self._progress.meters.values()))

    def update(self, done: int, total: int) -> None:
        """Take in how many of how many units are done; the first call says how many were done before."""
        if not self._began:
            self._progress.begin(self._what, total, done)
            self._before, self._began = done, True
        self._progress.report(self._what, self._what, done - self._before)

    def stop(self) -> None:
        """Leave the last state on the screen."""
        if self._began:
            self._progress.end(self._what, {})
        self._view.stop()
