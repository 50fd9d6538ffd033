"""The flow ``pam-tables``: one table of the paper out of training runs, builds and evaluations that exist anyway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact

from flows.evaluate import evaluate
from flows.evaluation import opened_evaluation
from flows.generate import generate
from flows.training import train_as_wished
from pam_models.training.recipe import load_recipe
from pam_models.training.run import EXPECTED_ERRORS, Wishes
from tasks.errors import ConfigError, PamError
from tasks.evaluation.shards import Evaluation
from tasks.evaluation.summary import summarise
from tasks.paper_tables.claims import judged
from tasks.paper_tables.definition import TableDefinition, TableRow
from tasks.paper_tables.measured import RowValues, columns_of, row_values
from tasks.paper_tables.outcome import ClaimOutcome, ColumnName, RowOutcome, TableOutcome, absent_row
from tasks.paper_tables.propagation import COLUMNS as OF_ERRORS
from tasks.paper_tables.propagation import propagation_claims, propagation_rows
from tasks.paper_tables.request import TableRequest, requested
from tasks.paper_tables.resources import COLUMNS as OF_RESOURCES
from tasks.paper_tables.resources import resource_rows
from tasks.paper_tables.trainings import TrainingPlace, own_scenes, training_place
from tasks.paper_tables.writing import markdown, write_table
from tasks.report.reading import PublishedBuild
from tasks.store import Store


@dataclass
class Progress:
    """What is shared by the rows of a run: models that were trained, and why others were not."""

    places: dict[str, TrainingPlace] = field(default_factory=dict)
    untrained: dict[str, str] = field(default_factory=dict)


@flow(name="pam-tables", persist_result=False)
def tables(
    table: str,
    scale: str = "demo",
    store: str = "./pam-data",
    out: str = "./pam-tables",
    training: str = ".training",
    inputs: dict[str, str] | None = None,
    settings: list[str] | None = None,
    recipe_settings: list[str] | None = None,
    clips: int | None = None,
    device: str = "cpu",
) -> dict[str, str]:
    """Measure one of the paper's tables, or go on with it; what was built, trained and measured is not done again.

    Gives the files that were written, by kind.

    Args:
        table: Which table of the paper. 1 to 6, conditions or errors.
        scale: How large everything is. Demo on a laptop, paper on a cluster with the user's weights and data.
        store: Where the builds go. A folder, or s3://bucket/prefix with the usual AWS variables set for the worker.
        out: The folder for the table as Markdown, CSV and PNG, and for models that the table trains.
        training: A run directory of pam-train whose scenes and clips the table's own models are trained on. Where
            there is none, the table simulates scenes of its own below out.
        inputs: Files and folders of yours by name, such as graspxl; the table says which it needs.
        settings: Single settings laid over every row's build, each written as key=value.
        recipe_settings: Single values laid over the training recipe, each written as key=value.
        clips: How many trajectories each row has, in place of the scale's.
        device: Where the evaluation's networks run, such as cpu or cuda.
    """
    asked = requested(table, scale, inputs or {}, settings or [], recipe_settings or [], clips, device)
    outcome = measured_table(asked, store, Path(out), Path(training))
    files = write_table(outcome, Path(out))
    create_markdown_artifact(markdown(outcome), key=f"pam-table-{asked.name}")
    return files


def measured_table(asked: TableRequest, store: str, out: Path, training: Path) -> TableOutcome:
    """Every row of a table that can be computed, and why the others cannot."""
    table = asked.table
    if table.kind != "clips":
        columns, rows, claims = _of_one_build(asked, store)
    else:
        columns, rows, claims = _of_clips(asked, store, out, training)
    return TableOutcome(
        asked.name, table.title, table.source, asked.scale_name, columns, rows, claims, asked.notes, asked.described()
    )


Parts = tuple[tuple[ColumnName, ...], tuple[RowOutcome, ...], tuple[ClaimOutcome, ...]]


def _of_clips(asked: TableRequest, store: str, out: Path, training: Path) -> Parts:
    table, log = asked.table, get_run_logger()
    progress = Progress()
    values: dict[str, RowValues] = {}
    reasons: dict[str, str] = {}
    for row in table.rows:
        try:
            values[row.name] = _row(asked, row, store, out, training, progress)
        except PamError as error:
            reasons[row.name] = " ".join(str(error).split())
            log.warning("row %s: %s", row.name, reasons[row.name])
    columns = columns_of(table.metrics, next(iter(values.values()), None))
    rows = tuple(
        values[row.name].outcome(row.name, columns, row.paper, row.note)
        if row.name in values
        else absent_row(row.name, columns, row.paper, reasons[row.name])
        for row in table.rows
    )
    return columns, rows, judged(table.claims, values, seed=0)


def _row(asked: TableRequest, row: TableRow, store: str, out: Path, training: Path, progress: Progress) -> RowValues:
    if row.absent:
        raise ConfigError(row.absent)
    trained: Sequence[str] = ()
    if row.training is not None:
        place = _trained(asked, row.training, out, training, progress)
        trained = asked.with_model(place)
    evaluation = _measured(asked, asked.build_settings(row, trained), store)
    return row_values(evaluation, summarise(evaluation))


def _trained(asked: TableRequest, name: str, out: Path, training: Path, progress: Progress) -> TrainingPlace:
    """The model of a training, trained where it is not; a training that failed once is not tried for the next row."""
    if name in progress.untrained:
        raise ConfigError(progress.untrained[name])
    if name not in progress.places:
        try:
            progress.places[name] = train_for_table(asked, name, out, training)
        except (PamError, *EXPECTED_ERRORS) as error:
            progress.untrained[name] = f"training {name}: {' '.join(str(error).split())}"
            raise ConfigError(progress.untrained[name]) from error
    return progress.places[name]


def train_for_table(asked: TableRequest, name: str, out: Path, training: Path) -> TrainingPlace:
    """`pam train` for one of a table's models, stage after stage. Raises ConfigError where it does not finish."""
    recipe, start = load_recipe(asked.scale.recipe, asked.training_settings(name)), asked.start(name)
    folder = out / "trainings"
    scenes = own_scenes(folder, training, recipe)
    if scenes is not None:
        train_as_wished(Wishes(recipe, scenes, "scenes"))
    place = training_place(folder, scenes or training, name, recipe, continued=start is not None)
    for stage in place.stages:
        if stage == "motion" and start is not None:
            place.go_on_from(start.weights, recipe)
        lines = train_as_wished(Wishes(recipe, place.folder, stage))
        if stage == "motion" and not place.weights.is_file():
            raise ConfigError(f"did not finish: {lines.get(stage, 'no word of it')}; run the same command to go on")
    return place


def _of_one_build(asked: TableRequest, store: str) -> Parts:
    """Tables whose rows are parts of one build: resources of its stages, or how its errors spread."""
    table: TableDefinition = asked.table
    settings = asked.build_settings(table.rows[0], ())
    if table.kind == "resources":
        build = generate(asked.scale.profile, None, settings, store)
        return OF_RESOURCES, resource_rows(PublishedBuild(Store(store), build.build_id), table.rows), ()
    rows = propagation_rows(_measured(asked, settings, store))
    return OF_ERRORS, rows, propagation_claims(rows)


def _measured(asked: TableRequest, settings: list[str], store: str) -> Evaluation:
    """A build and its evaluation, each resumed where it was begun."""
    build = generate(asked.scale.profile, None, settings, store)
    metrics = list(asked.table.metrics)
    given: Mapping[str, str] = asked.weights
    reference = asked.reference
    evaluate(build.build_id, store, reference, metrics, None, dict(given), asked.device)
    return opened_evaluation(build.build_id, store, reference, metrics, None, given, asked.device, 0)
