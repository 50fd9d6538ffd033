"""The command ``pam``. Commands import what they need when they run, so that ``pam --help`` is there at once."""

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from flows.console import out, speaking_plainly
from flows.environment import quiet

DEFAULT_STORE = "./pam-data"

app = typer.Typer(
    help="Labelled hand-object video out of simulated motion: generate a dataset, look at it, check it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Profile = Annotated[str | None, typer.Option(help="Named configuration to start from: demo (default), fast or paper.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="YAML file with settings of your own.")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting; may be given several times.")
]
StoreAddress = Annotated[str, typer.Option("--store", help="Where datasets lie: a folder, or s3://bucket/prefix.")]
BuildName = Annotated[
    str | None, typer.Option("--build", help="A name for the build; without one, its content names it.")
]
Price = Annotated[float | None, typer.Option(min=0.0, help="A price of yours, in place of execution.prices.")]
BuildId = Annotated[
    str, typer.Argument(metavar="BUILD", help="The build's name or hash, as `pam generate` printed it.")
]


def show_version(wanted: bool) -> None:
    """Print the version and leave, where it was asked for."""
    if wanted:
        typer.echo(f"pam {version('pam')}")
        raise typer.Exit


@app.callback()
def root(
    shown: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=show_version, help="Print the version and leave.")
    ] = False,
) -> None:
    """Options of the command itself."""
    del shown
    quiet()


@app.command()
def generate(
    profile: Profile = None,
    config: ConfigFile = None,
    settings: Settings = None,
    store: StoreAddress = DEFAULT_STORE,
    build: BuildName = None,
) -> None:
    """Make a dataset, or complete one: running the same command again resumes it."""
    with speaking_plainly():
        from flows.run_here import run_here

        run_here(profile, config, settings or [], store, build)


@app.command()
def plan(
    profile: Profile = None,
    config: ConfigFile = None,
    settings: Settings = None,
    store: StoreAddress = DEFAULT_STORE,
    build: BuildName = None,
    price_per_gpu_hour: Price = None,
    price_per_cpu_hour: Price = None,
    price_per_gb_month: Price = None,
) -> None:
    """Say what `generate` with these options would do, take and cost, and do nothing."""
    with speaking_plainly():
        from flows.builds import show_plan

        given = {"gpu_hour": price_per_gpu_hour, "cpu_hour": price_per_cpu_hour, "gb_month": price_per_gb_month}
        prices = {name: price for name, price in given.items() if price is not None}
        show_plan(profile, config, settings or [], store, build, prices)


@app.command()
def simulate(
    profile: Profile = None,
    config: ConfigFile = None,
    settings: Settings = None,
    store: Annotated[str | None, typer.Option("--store", help="Where it goes; without one, nowhere.")] = None,
    gpus: Annotated[int, typer.Option(min=1, help="GPUs to simulate, on this machine.")] = 8,
    speed: Annotated[float, typer.Option(min=0.001, help="How many times faster than real.")] = 100.0,
) -> None:
    """Drive a whole build with models that only wait, to test its scheduling and to predict its hours."""
    with speaking_plainly():
        from flows.simulate import simulate_here

        simulate_here(profile, config, settings or [], store, gpus, speed)


@app.command()
def status(
    build: BuildId,
    store: StoreAddress = DEFAULT_STORE,
    watch: Annotated[bool, typer.Option("--watch", help="Go on saying it until the build is published.")] = False,
) -> None:
    """Say how far a build is."""
    with speaking_plainly():
        from flows.builds import show_status

        show_status(build, store, watch)


@app.command()
def verify(build: BuildId, store: StoreAddress = DEFAULT_STORE) -> None:
    """Read a whole build again and check hashes, counts, links and labels; the exit code is 1 if anything is wrong."""
    with speaking_plainly():
        from flows.builds import show_verdict

        if not show_verdict(build, store):
            raise typer.Exit(1)


@app.command()
def retry(build: BuildId, settings: Settings = None, store: StoreAddress = DEFAULT_STORE) -> None:
    """Try the failed items of a build again, and what depends on them."""
    with speaking_plainly():
        from flows.builds import mark_for_retry
        from flows.run_here import run_here

        if mark_for_retry(build, store):
            run_here(None, None, settings or [], store, build)


@app.command()
def gc(
    store: StoreAddress = DEFAULT_STORE,
    abandoned: Annotated[
        list[str] | None, typer.Option(metavar="BUILD", help="A build that was never finished and is given up.")
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove what was found, not only say it.")] = False,
) -> None:
    """Find what nothing in a store refers to, and remove it; never while a build is at work there."""
    with speaking_plainly():
        from flows.garbage import gc_here

        gc_here(store, abandoned or [], delete)


@app.command()
def report(build: BuildId, store: StoreAddress = DEFAULT_STORE) -> None:
    """Write the report of a published build anew and say where it is."""
    with speaking_plainly():
        from flows.builds import rewrite_report

        rewrite_report(build, store)


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
def train(options: typer.Context) -> None:
    """Make training data and train the models of a recipe; `pam train --help` has the options. Resumes by itself."""
    with speaking_plainly():
        from flows.train_here import train_here

        train_here(options.args)


@app.command()
def export(
    layout: Annotated[str, typer.Argument(help="simplehand, dexycb, hamer, pam-sim, graspxl or webdataset.")],
    build: BuildId,
    destination: Annotated[str, typer.Argument(metavar="DEST", help="A folder, or s3://bucket/prefix.")],
    split: Annotated[str | None, typer.Option(help="Only train, val or test.")] = None,
    side: Annotated[str | None, typer.Option(help="Only right or left hands.")] = None,
    max_mpjpe_mm: Annotated[float | None, typer.Option(help="Only frames on which the estimator is this near.")] = None,
    detected: Annotated[bool, typer.Option("--detected", help="Only frames in which the hand was found.")] = False,
    settings: Settings = None,
    check: Annotated[bool, typer.Option("--verify", help="Write nothing: read DEST again and check it.")] = False,
    store: StoreAddress = DEFAULT_STORE,
) -> None:
    """Write a build in another program's layout; running the same command again resumes it."""
    with speaking_plainly():
        from flows.export import Wanted, verify_destination
        from flows.export import export as run

        if not check:
            run(layout, build, destination, store, settings or [], Wanted(split, side, max_mpjpe_mm, detected))
        elif not verify_destination(destination):
            raise typer.Exit(1)


@app.command()
def evaluate(
    build: BuildId,
    reference: Annotated[
        str | None,
        typer.Option(help="What to compare with: another build, or a folder of clips. Default: the renderer's."),
    ] = None,
    metrics: Annotated[
        list[str] | None, typer.Option(help="Metrics, separated by commas. Default: all but kid.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="A name for the evaluation; without one, its content names it.")
    ] = None,
    weights: Annotated[
        list[str] | None, typer.Option(metavar="KIND=FILE", help="Your network for video, image, lpips or tracker.")
    ] = None,
    device: Annotated[str, typer.Option(help="Where networks run: cpu or cuda.")] = "cpu",
    seed: Annotated[int, typer.Option(help="Root of the draws for intervals.")] = 0,
    store: StoreAddress = DEFAULT_STORE,
) -> None:
    """Measure a build's clips, each number with its interval or its reason; the exit code is 1 if a clip failed."""
    with speaking_plainly():
        from flows.evaluation import evaluate_here

        if not evaluate_here(build, store, reference, metrics, name, weights or [], device, seed):
            raise typer.Exit(1)


@app.command()
def tables(
    table: Annotated[str, typer.Argument(help="1, 2, 3, 4, 5, 6, conditions or errors.")],
    scale: Annotated[str, typer.Option(help="demo, or paper with your weights and data.")] = "demo",
    store: StoreAddress = DEFAULT_STORE,
    out: Annotated[str, typer.Option(help="Folder for the table and for models that it trains.")] = "./pam-tables",
    training: Annotated[
        str, typer.Option(help="Run directory of `pam train` whose clips the table's models learn from.")
    ] = ".training",
    inputs: Annotated[
        list[str] | None, typer.Option("--input", metavar="NAME=PATH", help="A file or folder of yours.")
    ] = None,
    settings: Settings = None,
    recipe_settings: Annotated[
        list[str] | None, typer.Option("--recipe-set", metavar="KEY=VALUE", help="One value over the training recipe.")
    ] = None,
    clips: Annotated[int | None, typer.Option(help="Trajectories of each row, in place of the scale's.")] = None,
    device: Annotated[str, typer.Option(help="Where the evaluation's networks run: cpu or cuda.")] = "cpu",
    plan: Annotated[bool, typer.Option("--plan", help="Only say what it would take.")] = False,
) -> None:
    """Measure one of the paper's tables: builds, trainings, metrics and tests; the same command again resumes it."""
    with speaking_plainly():
        from flows.tables_here import Asked, tables_here

        asked = Asked(
            table, scale, store, out, training, inputs or (), settings or (), recipe_settings or (), clips, device
        )
        tables_here(asked, plan=plan)


@app.command()
def downstream(
    recipe: Annotated[str, typer.Option(help="The experiment: demo, or a YAML file.")] = "demo",
    real: Annotated[str | None, typer.Option(help="Build whose renderer stands in for a camera.")] = None,
    synthetic: Annotated[str | None, typer.Option(help="Build whose generated clips are added.")] = None,
    simplehand: Annotated[
        str | None, typer.Option(help="Your checkout of SimpleHand: its official code is trained instead.")
    ] = None,
    real_list: Annotated[str | None, typer.Option(help="SimpleHand's JSON list of your real pictures.")] = None,
    store: StoreAddress = DEFAULT_STORE,
    out: Annotated[str, typer.Option(help="Folder for training runs and results.")] = "./pam-downstream",
) -> None:
    """Train a hand-pose network on mixes of real and synthetic pictures and measure what the synthetic ones bring."""
    with speaking_plainly():
        from flows.downstream_here import downstream_here

        downstream_here(recipe, store, out, real, synthetic, simplehand, real_list)


@app.command()
def automate(
    webhook: Annotated[str | None, typer.Option(help="Address that gets reports of failed and stuck builds.")] = None,
    notify: Annotated[
        str | None, typer.Option(metavar="TYPE/NAME", help="A notification block of the server, instead of --webhook.")
    ] = None,
    stuck_after: Annotated[
        float, typer.Option(min=1.0, metavar="MINUTES", help="When a build counts as stuck that finishes nothing.")
    ] = 120.0,
) -> None:
    """Make Prefect's automations: evaluate what is published, report what fails or is stuck, end lost runs."""
    with speaking_plainly():
        from flows.automations import automate as make

        for name in make(webhook, notify, stuck_after):
            out().print(name, highlight=False)


def main() -> None:
    """Entry point of the console command."""
    app()


__all__ = ["app", "main", "out"]
