"""Make the data and train the models of a recipe: `python -m pam_models.training.run --profile demo --model motion`.

Every start continues what is in the run directory. `--minutes`, SIGINT and SIGTERM end a start after writing a
checkpoint. Several processes: `torchrun --nproc-per-node 2 -m pam_models.training.run ...`.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from pam_models.training.checkpoint import CheckpointError
from pam_models.training.engines.base import EngineError
from pam_models.training.failures import TrainingFailedError
from pam_models.training.layout import RunLayout
from pam_models.training.recipe import RecipeError, TrainRecipe, load_recipe
from pam_models.training.stages import StageEnd, TrainingRun
from pam_models.training.world import World, joined_world
from pam_models.zoo.registry import DEMO_DIRECTORY, WeightsError

log = logging.getLogger(__name__)

EXPECTED_ERRORS = (
    RecipeError,
    CheckpointError,
    EngineError,
    TrainingFailedError,
    WeightsError,
    FileNotFoundError,
    ValueError,
)
"""What ends a start in one line."""
DEFAULT_RUN = Path(".training")

Importer = Callable[[TrainRecipe, RunLayout], int]
Watcher = Callable[[str, int, int, float], None]


@dataclass(frozen=True)
class Wishes:
    """What a start was asked to do; see `parser` for each."""

    recipe: TrainRecipe
    out: Path
    model: str | None = None
    zoo: Path | None = None
    minutes: float | None = None
    steps: int | None = None
    threads: int | None = None
    processes: int = 2
    export: bool = False

    def opened(self, world: World, imported: Importer | None = None, watch: Watcher | None = None) -> TrainingRun:
        """The run that is wished for."""
        return TrainingRun(
            self.recipe,
            RunLayout(self.out),
            self.zoo or self.out / "weights",
            world=world,
            minutes=self.minutes,
            until_step=self.steps,
            processes=self.processes,
            imported=imported,
            watch=watch,
        )

    def stages_of(self, run: TrainingRun) -> tuple[str, ...]:
        """The stages to do: the one that was named, or all."""
        return run.stages if self.model is None else (self.model,)


def parser(program: str) -> argparse.ArgumentParser:
    """The options of a start."""
    made = argparse.ArgumentParser(prog=program, description=__doc__.splitlines()[0] if __doc__ else None)
    made.add_argument("--profile", "--recipe", default="demo", help="a recipe's name (demo, paper) or a file")
    made.add_argument("--model", help="one stage: data, latents or a model; without it, everything in order")
    made.add_argument("--out", "--dir", type=Path, default=DEFAULT_RUN, help="the run directory")
    made.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="one value over the recipe")
    made.add_argument("--minutes", type=float, help="end each stage of this start after so many minutes")
    made.add_argument("--steps", type=int, help="end each model of this start at this step")
    made.add_argument("--threads", type=int, help="torch threads; without it, torch's own choice")
    made.add_argument("--processes", type=int, default=2, help="simulating processes")
    made.add_argument("--export", action="store_true", help="export --model as it is, without training")
    made.add_argument("--zoo", type=Path, help="where finished weights go; without it, OUT/weights")
    made.add_argument(
        "--install", action="store_true", help="finished weights replace those that ship with the package"
    )
    return made


def wishes_of(program: str, arguments: Sequence[str] | None) -> Wishes:
    """Read a command line. Raises RecipeError in one line."""
    given = parser(program).parse_args(arguments)
    if given.install and given.zoo is not None:
        raise RecipeError("--install and --zoo both say where finished weights go; give one of them")
    if given.export and given.model is None:
        raise RecipeError("--export needs --model: which model is to be exported?")
    return Wishes(
        recipe=load_recipe(given.profile, given.set),
        out=given.out,
        model=given.model,
        zoo=DEMO_DIRECTORY if given.install else given.zoo,
        minutes=given.minutes,
        steps=given.steps,
        threads=given.threads,
        processes=given.processes,
        export=given.export,
    )


def set_threads(threads: int) -> None:
    """How many threads torch computes with in this process."""
    torch.set_num_threads(threads)


def carry_out(wishes: Wishes, run: TrainingRun) -> StageEnd:
    """Do what was asked, stage after stage, until one does not finish; returns how the last one ended."""
    if wishes.threads is not None:
        set_threads(wishes.threads)
    if wishes.export and wishes.model is not None:
        return run.export(wishes.model)
    end = StageEnd("nothing", True, "nothing to do")
    for stage in wishes.stages_of(run):
        end = run.run(stage)
        log.info("%s", end.line)
        if not end.finished:
            break
    return end


def main(arguments: Sequence[str] | None = None, imported: Importer | None = None) -> int:
    """Parse the command line and do it; the exit code is 0 unless something went wrong."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    try:
        wishes = wishes_of("python -m pam_models.training.run", arguments)
        with joined_world() as world:
            carry_out(wishes, wishes.opened(world, imported))
    except EXPECTED_ERRORS as error:
        log.error("%s", " ".join(str(error).split()))
        return 1
    except KeyboardInterrupt:
        log.info("stopped; run the same command to go on")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
