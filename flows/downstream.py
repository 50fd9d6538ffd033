"""The flow ``pam-downstream``: a hand-pose network trained on mixes of real and synthetic pictures, and its errors."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from flows.generate import generate
from pam_models.downstream.measuring import UnseenErrors, unseen_errors
from pam_models.downstream.mixing import Mix, lay_out, mixes
from pam_models.downstream.recipe import DownstreamRecipe, load_downstream
from pam_models.downstream.simplehand import TRAIN, check_checkout, mixed_list, read_list, run_official, working_copy
from pam_models.training.data_recipe import SnapshotData
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import TrainRecipe
from pam_models.training.stages import TrainingRun
from tasks.downstream_data import import_generated, import_renderer
from tasks.downstream_report import simplehand_outcome, written_outcome
from tasks.export import export_build, export_options, selection_of
from tasks.paper_tables.writing import write_table
from tasks.store import Store


@flow(name="pam-downstream", persist_result=False)
def downstream(
    recipe: str = "demo",
    store: str = "./pam-data",
    out: str = "./pam-downstream",
    real: str | None = None,
    synthetic: str | None = None,
) -> dict[str, str]:
    """Train the compact network on shares of real scenes with and without synthetic ones, and measure it.

    What was built and trained is not done again. Gives the files that were written, by kind.

    Args:
        recipe: The experiment. A name that ships (demo), or a YAML file that the worker can read.
        store: Where the builds lie. A folder, or s3://bucket/prefix with the usual AWS variables set for the worker.
        out: The folder for training runs and the results.
        real: The build whose renderer's clips stand in for real pictures. Left empty it is made as the recipe says.
        synthetic: The build whose generated clips are added. Left empty it is made as the recipe says.
    """
    wanted = load_downstream(recipe)
    folder = Path(out)
    domains = _domains(wanted, store, folder, real, synthetic)
    found: dict[Mix, UnseenErrors] = {}
    for mix in mixes(wanted.fractions):
        layout = lay_out(mix, *domains, folder / "runs")
        _train(wanted, mix, layout)
        found[mix] = unseen_errors(layout.weights("estimator"), layout.pictures)
        get_run_logger().info("%s: %.2f mm", mix.name, found[mix].pa_mpjpe(0).value or float("nan"))
    files, text = written_outcome(wanted, found, folder)
    create_markdown_artifact(text, key="pam-downstream")
    return files


@flow(name="pam-downstream-simplehand", persist_result=False)
def downstream_simplehand(
    simplehand: str, real_list: str, synthetic: str, store: str = "./pam-data", out: str = "./pam-downstream",
    command: str = TRAIN,
) -> dict[str, str]:  # fmt: skip
    """The same with SimpleHand: its official code is run on every mix, in working copies below `out`.

    Args:
        simplehand: A checkout of the official code with its environment active and dataset/eval.json in place.
        real_list: A JSON list of the real pictures, as SimpleHand's dataset/train.json is.
        synthetic: The build whose generated frames are exported and added.
        store: Where the build lies. A folder, or s3://bucket/prefix with the usual AWS variables set for the worker.
        out: The folder for the export, the working copies and the results.
        command: The command that trains, run in each working copy.
    """
    wanted, folder, checkout = load_downstream("demo"), Path(out), Path(simplehand)
    check_checkout(checkout)
    pictures = read_list(Path(real_list))
    exported = folder / "simplehand-export"
    options = export_options("simplehand", ["repeat=false"])
    selection = selection_of("train", None, None, False)
    export_build(Store(store), synthetic, str(exported), options, selection, lambda done, total: None)
    generated = read_list(exported / "train.json")
    said = {}
    for mix in mixes(wanted.fractions):
        copy = working_copy(checkout, folder / "simplehand" / mix.folder, mixed_list(mix, pictures, generated))
        said[mix] = run_official(copy, (command, "make eval"))
    return write_table(simplehand_outcome(said), folder)


def _domains(
    recipe: DownstreamRecipe, store: str, folder: Path, real: str | None, synthetic: str | None
) -> tuple[RunLayout, RunLayout]:
    """The pictures of both domains, each in a run directory of its own, named by its build."""
    real = real or generate(recipe.profile, None, list(recipe.real), store).build_id
    synthetic = synthetic or generate(recipe.profile, None, list(recipe.synthetic), store).build_id
    layouts = RunLayout(folder / f"real-{real}"), RunLayout(folder / f"synthetic-{synthetic}")
    import_renderer(recipe, store, real, layouts[0])
    import_generated(recipe, store, synthetic, layouts[1])
    return layouts


def _train(recipe: DownstreamRecipe, mix: Mix, layout: RunLayout) -> None:
    """The same training for every mix, resumed where it was stopped."""
    data = SnapshotData(store="none", build="none")
    run = TrainingRun(
        TrainRecipe(name=mix.folder, data=data, estimator=recipe.network), layout, layout.root / "weights"
    )

    @task(name=f"train {mix.folder}", cache_policy=NO_CACHE, persist_result=False)
    def do() -> None:
        run.run("estimator")

    do()
