"""``pam generate``: the flow in this process, with bars in the terminal and a Prefect server while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flows.console import out, stopping_soon
from flows.which_build import configuration
from tasks.store import Store

if TYPE_CHECKING:
    from flows.generate import BuildSummary


def run_here(
    profile: str | None, config: Path | None, settings: list[str], store: str, build: str | None
) -> BuildSummary:
    """Check everything, run the flow, say what there is now, and return that.

    Raises ConfigError, ExecutorError or StoreError before any work, TooManyFailuresError when the build stopped.
    """
    console = out()
    file = str(config) if config is not None else None
    # A misspelt key is answered at once: before Prefect is imported, and long before its server is up.
    configuration(profile, file, settings, Store(store), build)
    from flows.prefect_server import reporting

    with stopping_soon(), reporting() as wait_for_server:
        # The server needs seconds to start; what is imported and checked meanwhile costs nothing.
        from flows.generate import generate, prepare
        from flows.progress import shown_on
        from flows.screens import print_summary
        from flows.terminal import view_for

        opened, warned = prepare(profile, file, settings, store, build)
        for warning in warned:
            console.print(warning, style="yellow", highlight=False, soft_wrap=True)
        console.print(f"Build [bold]{opened.build_id}[/] in {store}", highlight=False, soft_wrap=True)
        wait_for_server()
        with shown_on(view_for(console)):
            summary = generate(profile, file, settings, store, build)
    print_summary(console, summary.build_id, summary.steps, summary.counts, summary.report)
    return summary
