"""The flow ``pam-train``: data, latents and models of a training recipe, stage after stage, each resumed."""

from pathlib import Path

from prefect import flow, get_run_logger, task
from prefect.cache_policies import NO_CACHE

from flows.training_page import TrainingPage
from pam_models.training.recipe import load_recipe
from pam_models.training.run import Wishes, carry_out, set_threads
from pam_models.training.run_report import PAGE
from pam_models.training.stages import StageEnd, TrainingRun
from pam_models.training.world import World, joined_world
from pam_models.zoo.registry import DEMO_DIRECTORY
from tasks.training_data import import_blocks


@flow(name="pam-train", persist_result=False)
def train(
    profile: str = "demo",
    model: str | None = None,
    out: str = ".training",
    settings: list[str] | None = None,
    minutes: float | None = None,
    install: bool = False,
) -> dict[str, str]:
    """Make the training data and train the models of a recipe, or go on with it; what is done is not done again.

    Gives a line for each stage that was looked at.

    Args:
        profile: The training recipe. A name that ships (demo, paper), or a YAML file that the worker can read.
        model: One stage alone, such as motion or latents. Left empty, everything in order.
        out: The run directory: data, checkpoints, losses, samples and finished weights.
        settings: Single values laid over the recipe, each written as key=value, such as motion.steps=100.
        minutes: End each stage after so many minutes; the next run goes on from there.
        install: Whether finished weights replace those that ship with the package, instead of OUT/weights.
    """
    recipe = load_recipe(profile, settings or [])
    wishes = Wishes(recipe, Path(out), model, DEMO_DIRECTORY if install else None, minutes)
    return carry_out_as_tasks(wishes)


def carry_out_as_tasks(wishes: Wishes) -> dict[str, str]:
    """The stages of a start, each a task of the present flow run, until one does not finish."""
    log = get_run_logger()
    page = TrainingPage(wishes.out, log)
    lines: dict[str, str] = {}
    with joined_world() as world:
        run = wishes.opened(world, import_blocks, page.move)
        try:
            for stage in wishes.stages_of(run):
                end = _stage_task(run, stage)
                lines[stage] = end.line
                log.info("%s", end.line)
                if not end.finished:
                    break
        finally:
            page.summarise(run.recipe, lines, str((wishes.out / PAGE).absolute()))
    return lines


@flow(name="pam-train", persist_result=False, validate_parameters=False)
def train_as_wished(wishes: Wishes) -> dict[str, str]:
    """The flow as the command has read it, with everything that only a command line can ask for."""
    if wishes.threads is not None:
        set_threads(wishes.threads)
    return carry_out_as_tasks(wishes)


def carry_out_plainly(wishes: Wishes, world: World) -> StageEnd:
    """The same without Prefect: for the ranks of `torchrun` after the first, which has the page."""
    return carry_out(wishes, wishes.opened(world, import_blocks))


def _stage_task(run: TrainingRun, stage: str) -> StageEnd:
    @task(name=f"train {stage}", cache_policy=NO_CACHE, persist_result=False)
    def do() -> StageEnd:
        return run.run(stage)

    return do()
