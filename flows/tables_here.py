"""``pam tables``: one of the paper's tables in this process, or what it would take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Column, Table

from flows.console import out, stopping_soon
from flows.progress import spoken_time
from flows.train_here import show_training
from tasks.errors import ConfigError
from tasks.paper_tables.planning import planned
from tasks.paper_tables.request import TableRequest, requested


@dataclass(frozen=True)
class Asked:
    """The command's options as they were typed."""

    table: str
    scale: str
    store: str
    out: str
    training: str
    inputs: Sequence[str] = ()
    settings: Sequence[str] = ()
    recipe_settings: Sequence[str] = ()
    clips: int | None = None
    device: str = "cpu"


def tables_here(asked: Asked, *, plan: bool) -> None:
    """Measure the table and say where it is, or print the plan. Raises PamError in one line."""
    inputs = named_inputs(asked.inputs)
    request = requested(
        asked.table, asked.scale, inputs, asked.settings, asked.recipe_settings, asked.clips, asked.device
    )
    if plan:
        print_plan(request)
        return
    from flows.prefect_server import reporting

    show_training()
    with stopping_soon(), reporting() as wait_for_server:
        from flows.progress import shown_on
        from flows.tables import tables
        from flows.terminal import view_for

        wait_for_server()
        with shown_on(view_for(out())):
            files = tables(
                asked.table, asked.scale, asked.store, asked.out, asked.training, dict(inputs), list(asked.settings),
                list(asked.recipe_settings), asked.clips, asked.device,
            )  # fmt: skip
    print_written(files)


def named_inputs(given: Sequence[str]) -> Mapping[str, str]:
    """`name=path` options by name, paths made absolute. Raises ConfigError for one that is written otherwise."""
    found = {}
    for entry in given:
        name, equals, path = entry.partition("=")
        if not equals or not name or not path:
            raise ConfigError(f"--input {entry}: write it as name=PATH, such as graspxl=FOLDER")
        if not Path(path).exists():
            raise ConfigError(f"--input {entry}: no such file or folder: {path}")
        found[name] = str(Path(path).absolute())
    return found


def print_plan(asked: TableRequest) -> None:
    """The trainings and builds of a table with the time of each, and what cannot be computed."""
    console = out()
    title = f"Table {asked.name} at {asked.scale_name} scale: {asked.table.title}"
    shown = Table("to do", Column("time", justify="right", no_wrap=True), "", title=title, title_justify="left")
    lines = planned(asked)
    for line in lines:
        seconds = "" if line.reason else spoken_time(line.seconds)
        reason = f"not computed: {line.reason}" if line.reason else ""
        shown.add_row(line.what, seconds, reason, style="dim" if line.reason else None)
    shown.add_section()
    shown.add_row("together", spoken_time(sum(line.seconds for line in lines)), asked.scale.costs.machine)
    console.print(shown)


def print_written(files: Mapping[str, str]) -> None:
    """The table itself, and where everything is."""
    console = out()
    console.print(Path(files["markdown"]).read_text(encoding="utf-8"), markup=False, highlight=False, soft_wrap=True)
    for kind, path in files.items():
        console.print(f"{kind}: {path}", markup=False, highlight=False, soft_wrap=True)
