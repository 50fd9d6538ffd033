"""A training run as stages in order; each may be stopped at any moment, and a further start goes on."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pam_models.training.checkpoint import CheckpointError
from pam_models.training.clips import ClipFactory, Deadline
from pam_models.training.data_recipe import SimulatedData
from pam_models.training.drafts import load_trained_motion, make_drafts
from pam_models.training.exporting import ON_OTHERS, Exporter
from pam_models.training.latents import cache_latents
from pam_models.training.layout import RunLayout
from pam_models.training.loop import Limits, Trainer
from pam_models.training.model_tasks import autoencoder_of, drafting_pipeline, streams_of, task_of
from pam_models.training.recipe import RecipeError, TrainRecipe
from pam_models.training.run_report import write_report
from pam_models.training.sheets import loss_plot
from pam_models.training.world import World

log = logging.getLogger(__name__)

SIMULATION = ("kinematic", "scenes", "clips", "pictures")
IMPORT = "import"
LATENTS, DRAFTS = "latents", "drafts"
BEFORE = {"appearance": LATENTS, "motion": LATENTS, "finisher": DRAFTS}
"""What a model is trained on that another model makes."""


@dataclass(frozen=True)
class StageEnd:
    """How a stage ended: `line` says it to a person."""

    name: str
    finished: bool
    line: str


class TrainingRun:
    """The stages of a recipe in a run directory.

    `imported` brings data from elsewhere into the run's layout and returns how many blocks there are; recipes that do
    not simulate need it. `minutes` limits every stage of this start, `until_step` every model.
    """

    def __init__(
        self,
        recipe: TrainRecipe,
        layout: RunLayout,
        zoo: Path,
        *,
        world: World | None = None,
        minutes: float | None = None,
        until_step: int | None = None,
        processes: int = 2,
        imported: Callable[[TrainRecipe, RunLayout], int] | None = None,
        watch: Callable[[str, int, int, float], None] | None = None,
    ) -> None:
        self.recipe = recipe
        self.layout = layout
        self._exporter = Exporter(layout, recipe, zoo)
        self._world = world or World()
        self._limits = Limits(minutes=minutes, until_step=until_step)
        self._processes = processes
        self._imported = imported
        self._watch = watch

    @property
    def stages(self) -> tuple[str, ...]:
        """Every stage in order: data, then the models, each after what it learns from."""
        stages = list(SIMULATION if isinstance(self.recipe.data, SimulatedData) else (IMPORT,))
        for model in self.recipe.models:
            if model in BEFORE and BEFORE[model] not in stages:
                stages.append(BEFORE[model])
            stages.append(model)
        return tuple(stages)

    def run(self, stage: str) -> StageEnd:
        """Do a stage, or what is left of it; data are made by the first rank alone. Raises what the stage raises."""
        if stage not in self.stages:
            raise RecipeError(f"recipe {self.recipe.name!r} has no stage {stage!r}; it has {', '.join(self.stages)}")
        if stage in self.recipe.models:
            return self._train(stage)
        end = self._make(stage) if self._world.first else StageEnd(stage, True, "")
        self._world.barrier()
        return end

    def export(self, model: str) -> StageEnd:
        """Export a model as its checkpoint has it, finished or not."""
        trainer = self._trainer(model)
        trainer.resume()
        trainer.task.prepare(trainer.step)
        trainer.sample()
        self._exporter.export(model, trainer)
        return StageEnd(model, True, f"{model}: exported at step {trainer.step}")

    def _make(self, stage: str) -> StageEnd:
        deadline = Deadline.after(self._limits.minutes)
        if stage == LATENTS:
            model, digest = autoencoder_of(self.recipe, self.layout)
            source = self.recipe.data.clip_source
            left = cache_latents(
                self.layout,
                model,
                digest,
                streams_of(self.recipe),
                self._limits.minutes,
                source=source,
                pictures="appearance" in self.recipe.models,
            )
            return StageEnd(stage, left == 0, f"latents: {left} blocks are left" if left else "latents: all are there")
        if stage == DRAFTS:
            left = self._make_drafts()
            return StageEnd(stage, left == 0, f"drafts: {left} clips are left" if left else "drafts: all are there")
        if stage == IMPORT:
            if self._imported is None:
                raise RecipeError(f"data of kind {self.recipe.data.kind!r} are read by `pam train` only")
            return StageEnd(stage, True, f"import: {self._imported(self.recipe, self.layout)} blocks are there")
        factory = ClipFactory(_simulated(self.recipe), self.layout)
        makers: dict[str, Callable[[], int]] = {
            "kinematic": factory.make_kinematic_scenes,
            "scenes": lambda: factory.make_physics_scenes(self._processes, deadline),
            "clips": lambda: factory.make_clips(deadline),
            "pictures": lambda: factory.make_pictures(deadline),
        }
        count = makers[stage]()
        return StageEnd(stage, not deadline.passed, f"{stage}: {count} are there")

    def _make_drafts(self) -> int:
        recipe = self.recipe.finisher
        assert recipe is not None
        pipeline, digest = drafting_pipeline(self.recipe, self.layout)
        source = self.recipe.data.clip_source
        return make_drafts(self.layout, pipeline, digest, recipe, self._limits.minutes, source=source)

    def _train(self, model: str) -> StageEnd:
        digest = self._input_digest(model)
        fingerprint = self._exporter.fingerprint(model, digest)
        if self._exporter.is_done(model, fingerprint):
            return StageEnd(model, True, f"{model}: done before")
        self._refuse_other_inputs(model, digest)
        trainer = self._trainer(model)
        outcome = trainer.run(self._limits)
        if outcome.finished:
            trainer.sample()
        if self._world.first:
            self._show(model)
            if outcome.finished:
                self._exporter.export(model, trainer)
                self._exporter.note_done(model, fingerprint)
            write_report(self.layout, self.recipe)
        self._world.barrier()
        state = "finished" if outcome.finished else "stopped"
        line = f"{model}: {state} at step {outcome.step} of {trainer.recipe.steps}, loss {outcome.loss:.4g}"
        return StageEnd(model, outcome.finished, line)

    def _trainer(self, model: str) -> Trainer:
        recipe = self.recipe.loop(model)

        def watch(step: int, loss: float) -> None:
            self._show(model)
            if self._watch is not None:
                self._watch(model, step, recipe.steps, loss)

        task = task_of(model, self.recipe, self.layout)
        return Trainer(task, recipe, self.layout.model(model), self._world, watch if self._world.first else None)

    def _show(self, model: str) -> None:
        folder = self.layout.model(model)
        if (folder / "losses.csv").is_file():
            loss_plot(folder / "losses.csv", folder / "loss.png")

    def _input_digest(self, model: str) -> str | None:
        """The hash of what made a model's inputs: the latents of a generator, the drafts of the finisher; else None."""
        if model not in ON_OTHERS:
            return None
        if model == "finisher":
            return load_trained_motion(self.layout)[1]
        own = self.layout.weights("autoencoder")
        if own.is_file():
            return hashlib.sha256(own.read_bytes()).hexdigest()
        return autoencoder_of(self.recipe, self.layout)[1]

    def _refuse_other_inputs(self, model: str, digest: str | None) -> None:
        """A checkpoint that was trained on other inputs must not go on with these."""
        if digest is None:
            return
        folder, maker = self.layout.model(model), ON_OTHERS[model]
        path = folder / "inputs.json"
        known = json.loads(path.read_text(encoding="utf-8"))[maker] if path.is_file() else None
        if known not in (None, digest) and (folder / "checkpoint.pt").is_file():
            raise CheckpointError(
                f"{folder / 'checkpoint.pt'} was trained on {BEFORE[model]} of another {maker} model ({known[:12]}, "
                f"now {digest[:12]}); delete {folder} to train {model} anew"
            )
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({maker: digest}), encoding="utf-8")


def _simulated(recipe: TrainRecipe) -> SimulatedData:
    assert isinstance(recipe.data, SimulatedData)
    return recipe.data
