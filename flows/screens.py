"""What the ``pam`` command prints: tables for people, one subject each."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Column, Table

from flows.progress import StepMeter, spoken_time
from tasks.layout import Layout
from tasks.status import StepStatus
from tasks.steps import BY_NAME
from tasks.verify import Verdict


def print_summary(
    console: Console, build_id: str, steps: Sequence[StepMeter], counts: Mapping[str, int], report: str
) -> None:
    """The end of a build: how long each step took, what there is now, and where the report is."""
    worked = [meter for meter in steps if meter.ended_s is not None and meter.done]
    again = all(meter.step == "publish" for meter in worked)
    times = ", ".join(f"{meter.step} {spoken_time(meter.seconds(0.0))}" for meter in worked)
    console.print()
    console.print(f"Build [bold]{build_id}[/]: " + ", ".join(f"{number} {name}" for name, number in counts.items()))
    if again:
        console.print("Everything was committed already; nothing was done again.")
    else:
        console.print(f"Time: {times}", highlight=False, soft_wrap=True)
    console.print(f"Report: {report}", highlight=False, soft_wrap=True)


def print_plan(
    console: Console,
    build_id: str,
    store: str,
    statuses: Sequence[StepStatus],
    expected: Mapping[str, int],
    layout: Layout,
) -> None:
    """What a build would do, step by step. Steps that depend on unfinished ones show what the configuration expects."""
    task_runs = 0
    table = Table("step", *(_number(name) for name in ("items", "done", "to do", "shards", "done", "to do")))
    for status in statuses:
        step, guess = BY_NAME[status.step], expected.get(status.step, 0)
        task_runs += layout.expected_task_runs(step, guess)
        if status.planned:
            shards = (status.shards, status.shards_done, status.shards - status.shards_done)
            items = (status.items, status.items_done, status.items - status.items_done)
            numbers = ("", "", "") if step.reduce else items
            table.add_row(status.step, *(str(number) for number in (*numbers, *shards)))
        else:
            todo, pieces = f"~{guess}", f"~{layout.expected_shards(step, guess)}"
            table.add_row(status.step, todo, "0", todo, pieces, "0", pieces, style="dim")
    console.print(f"Build [bold]{build_id}[/] in {store}", highlight=False, soft_wrap=True)
    console.print(table)
    console.print(f"The whole build is about {task_runs} task runs in Prefect", highlight=False)
    if any(not status.planned for status in statuses):
        console.print("~ expected, if nothing fails: known exactly once the steps before are finished", style="dim")


def print_status(console: Console, build_id: str, statuses: Sequence[StepStatus], published: bool, report: str) -> None:
    """How far a build is, as its store says."""
    table = Table("step", *(_number(name) for name in ("shards", "items", "ok", "filtered", "failed")), "state")
    for status in statuses:
        if not status.planned:
            table.add_row(status.step, "", "", "", "", "", "waits for the steps before it", style="dim")
            continue
        rows = (str(status.statuses.get(name, 0)) for name in ("ok", "filtered", "failed"))
        table.add_row(
            status.step,
            f"{status.shards_done}/{status.shards}",
            "" if BY_NAME[status.step].reduce else f"{status.items_done}/{status.items}",
            *rows,
            "finished" if status.finished else "to do",
            style=None if status.finished else "yellow",
        )
    console.print(f"Build [bold]{build_id}[/]: {'published' if published else 'not published yet'}")
    console.print(table)
    if published:
        console.print(f"Report: {report}", highlight=False, soft_wrap=True)


def print_verdict(console: Console, build_id: str, verdict: Verdict) -> None:
    """What a verification looked at and found."""
    looked = f"{verdict.parts} parts, {verdict.rows} rows, {verdict.media} media files"
    if verdict.passed:
        console.print(f"[green]Build {build_id} is whole[/]: {looked}")
        return
    for finding in verdict.findings:
        line = f"{finding.kind}: {finding.where}: {finding.what}"
        console.print(line, style="red", markup=False, highlight=False, soft_wrap=True)
    many = len(verdict.findings)
    console.print(f"Build {build_id}: {many} {'finding' if many == 1 else 'findings'} in {looked}")


def print_marked(console: Console, build_id: str, marked: Mapping[str, int]) -> None:
    """Which failed items are tried again."""
    if not marked:
        console.print(f"Build {build_id}: nothing failed, so nothing is tried again.")
        return
    what = ", ".join(f"{number} of {step}" for step, number in marked.items())
    console.print(f"Build {build_id}: trying failed items again: {what}")


def _number(name: str) -> Column:
    return Column(name, justify="right")
