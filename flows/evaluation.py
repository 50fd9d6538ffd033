"""``pam evaluate``: measures in this process, with a bar, and prints the numbers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Column, Table

from flows.console import out
from tasks.errors import ConfigError
from tasks.evaluation.settings import settings_of
from tasks.evaluation.shards import Evaluation
from tasks.evaluation.summary import Summary, summarise
from tasks.evaluation.writing import figures, interval, write_results
from tasks.store import Store

WEIGHTS = {"video": "video_weights", "image": "image_weights", "lpips": "lpips_weights", "tracker": "tracker"}


def opened_evaluation(
    build: str,
    store: str,
    reference: str | None,
    metrics: Sequence[str] | None,
    name: str | None,
    weights: Mapping[str, str],
    device: str,
    seed: int,
) -> Evaluation:
    """The evaluation that these options mean. Raises ConfigError, NotPublishedError, StoreError or TableError in one
    line.
    """
    unknown = sorted(set(weights) - set(WEIGHTS))
    if unknown:
        raise ConfigError(f"--weights {unknown[0]}: no such network; there are {', '.join(WEIGHTS)}")
    files = {WEIGHTS[kind]: Path(path) for kind, path in weights.items()}
    settings = settings_of(metrics, device=device, seed=seed, **files)
    return Evaluation(Store(store), build, settings, reference, name)


def evaluate_here(
    build: str,
    store: str,
    reference: str | None,
    metrics: Sequence[str] | None,
    name: str | None,
    weights: Sequence[str],
    device: str,
    seed: int,
) -> bool:
    """Measure, write the results and print them; whether every clip could be measured."""
    evaluation = opened_evaluation(build, store, reference, metrics, name, named_files(weights), device, seed)
    console = out()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("measuring clips", total=len(evaluation.clips))
        for shard in evaluation.shards():
            evaluation.measure(shard)
            progress.advance(bar, len(shard.clips))
    summary = summarise(evaluation)
    path = write_results(evaluation, summary)
    print_results(console, evaluation, summary)
    console.print(f"Results: {path}", highlight=False, soft_wrap=True)
    return not summary.failed


def named_files(weights: Sequence[str]) -> dict[str, str]:
    """`kind=file` options by kind. Raises ConfigError for one that is written otherwise."""
    pairs = [entry.partition("=") for entry in weights]
    wrong = next((entry for entry, pair in zip(weights, pairs, strict=True) if not pair[1] or not pair[2]), None)
    if wrong is not None:
        raise ConfigError(f"--weights {wrong}: write it as kind=FILE, such as video=i3d.safetensors")
    return {kind.strip(): path for kind, _, path in pairs}


def print_results(console: Console, evaluation: Evaluation, summary: Summary) -> None:
    """The numbers for people, and what could not be measured."""
    table = Table(Column("metric", no_wrap=True), "value", "95 % interval", "n")
    for result in summary.results:
        unit = "" if result.spec.unit == "1" else f" {result.spec.unit}"
        value = f"– ({result.reason})" if result.value is None else f"{figures(result.value)}{unit}"
        style = "dim" if result.value is None else None
        table.add_row(result.spec.name.replace("[", r"\["), value, interval(result), str(result.n), style=style)
    measured = f"{summary.clips - summary.failed} of {summary.clips} clips against {evaluation.reference.label}"
    console.print(f"Build [bold]{evaluation.build.build_id}[/]: {measured}", highlight=False, soft_wrap=True)
    console.print(table)
    for clip, reason in summary.failures:
        console.print(f"failed: {clip}: {reason}", style="red", markup=False, highlight=False, soft_wrap=True)
    for reference in summary.unmatched:
        console.print(f"no clip for reference {reference}", style="yellow", markup=False, highlight=False)
