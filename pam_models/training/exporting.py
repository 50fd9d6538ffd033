"""Finished weights: for the run's other models, for whoever loads them, and the note that a model is done."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel

from pam_models.autoencoder.modeling import DEMO_ID as AUTOENCODER_ID
from pam_models.estimators.compact.pipeline import DEMO_ID as ESTIMATOR_ID
from pam_models.finishing.modeling import DEMO_ID as FINISHER_ID
from pam_models.motion.branch_file import save_branch
from pam_models.motion.svd import SvdModel
from pam_models.motion.transformer import MultiConditionTransformer
from pam_models.training.autoencoder import AutoencoderTask
from pam_models.training.card import TrainingRecord, write_model_card
from pam_models.training.frame_store import block_names
from pam_models.training.layout import TRAIN, RunLayout
from pam_models.training.loop import Trainer
from pam_models.training.recipe import MODELS, TrainRecipe
from pam_models.training.scenes import scene_keys
from pam_models.zoo import weights_file
from pam_models.zoo.registry import save_demo_weights

log = logging.getLogger(__name__)

ZOO_IDS = {
    "autoencoder": AUTOENCODER_ID,
    "estimator": ESTIMATOR_ID,
    "appearance": "demo-appearance",
    "motion": "demo-motion",
    "finisher": FINISHER_ID,
}
ON_OTHERS = {"appearance": "autoencoder", "motion": "autoencoder", "finisher": "motion"}
"""Models that learn from what another model makes, and which one."""


@dataclass(frozen=True)
class Exporter:
    """Writes what a run made: `zoo` is where weights and model card go."""

    layout: RunLayout
    recipe: TrainRecipe
    zoo: Path

    def export(self, name: str, trainer: Trainer) -> None:
        """Write the averaged weights of a model with what they were made from; a control branch goes alone.

        The figures are those of the trainer's last validation.
        """
        task = trainer.task
        with trainer.averaged():
            if isinstance(task, AutoencoderTask):
                task.set_statistics()
            model = task.modules["model"]
            trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
            record = TrainingRecord(
                model=name,
                recipe=self.recipe.name,
                recipe_sha256=self.recipe.sha256(),
                data=data_counts(self.layout),
                parameters=sum(parameter.numel() for parameter in trained or model.parameters()),
                steps=trainer.step,
                declared_steps=trainer.recipe.steps,
                batch=trainer.recipe.batch * trainer.recipe.batches_per_step,
                seconds=trainer.seconds,
                figures=trainer.figures,
            )
            if isinstance(model, MultiConditionTransformer):
                save_branch(model, self.layout.weights(name))
                where = str(self.layout.weights(name))
            else:
                where = self._write_whole(name, trainer, record)
        record.write(self.layout.model(name) / "card.md")
        sections = [self.layout.model(model) / "card.md" for model in MODELS]
        self.zoo.mkdir(parents=True, exist_ok=True)
        write_model_card(sections, self.zoo / "MODEL_CARD.md")
        log.info("%s: exported to %s", name, where)

    def _write_whole(self, name: str, trainer: Trainer, record: TrainingRecord) -> str:
        model = trainer.task.modules["model"]
        config = model.config
        if not isinstance(config, BaseModel):
            raise TypeError(f"{name}: the model's configuration must be a pydantic model")
        weights_file.write_model(self.layout.weights(name), model, config)
        if isinstance(model, SvdModel):
            return str(self.layout.weights(name))
        metadata = {**record.metadata(), weights_file.CONFIG_KEY: config.model_dump_json()}
        spec = save_demo_weights(ZOO_IDS[name], model.state_dict(), metadata, self.zoo)
        return f"{self.zoo / (spec.file or spec.id)}, revision {spec.revision}"

    def fingerprint(self, name: str, made_by_sha256: str | None) -> str:
        """The hash of all that determines a finished model: its loop, the data, and the model that made its inputs."""
        parts = [
            self.recipe.data.model_dump_json(),
            self.recipe.loop(name).model_dump_json(),
            (made_by_sha256 or "") if name in ON_OTHERS else "",
        ]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def is_done(self, name: str, fingerprint: str) -> bool:
        """Whether a model was finished under just these values and its weights are there."""
        path = self._note(name)
        if not path.is_file() or not self.layout.weights(name).is_file():
            return False
        return bool(json.loads(path.read_text(encoding="utf-8")).get("fingerprint") == fingerprint)

    def note_done(self, name: str, fingerprint: str) -> None:
        """Remember that a model is finished."""
        self._note(name).write_text(json.dumps({"fingerprint": fingerprint}), encoding="utf-8")

    def _note(self, name: str) -> Path:
        return self.layout.model(name) / "done.json"


def data_counts(layout: RunLayout) -> dict[str, int]:
    """How many training scenes, clips and picture blocks there are."""
    return {
        "physics_scenes": len(scene_keys(layout.scenes, "physics")),
        "kinematic_scenes": len(scene_keys(layout.scenes, "kinematic")),
        "training_clips": len(block_names(layout.clips, TRAIN)),
        "training_picture_blocks": len(block_names(layout.pictures, TRAIN)),
    }
