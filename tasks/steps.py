"""The steps of a build in order: what each reads, which configuration affects its items, and where its work is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, Literal

from tasks.config.model import GenerateConfig
from tasks.stage import StageFactory
from tasks.store import Store
from tasks.tables.registry import TABLES
from tasks.tables.table import Table

Resources = Literal["pose", "appearance", "score", "video", "samples"]


@dataclass(frozen=True)
class Step:
    """One step. `stage` names the class that works on its items, made from the configuration and the store. `sections` are the parts of the configuration that affect its items; counts (how many) are not among them.

    A `reduce` step is one function over everything before it and needs no workers.
    """

    name: str
    version: int
    stage: str
    parents: tuple[str, ...]
    sections: tuple[str, ...]
    resources: Resources | None
    batch_section: str | None = None

    @property
    def reduce(self) -> bool:
        """Whether the step is one function over everything before it."""
        return self.resources is None

    @property
    def table(self) -> Table:
        """The table that the step writes."""
        return TABLES[self.name]

    def subset(self, output: Mapping[str, Any]) -> dict[str, Any]:
        """The configuration that affects this step's items, out of `output_subset`."""
        chosen: dict[str, Any] = {}
        for section in self.sections:
            value: Any = output
            for key in section.split("."):
                value = value[key] if value is not None else None
            if isinstance(value, Mapping):
                value = {key: part for key, part in value.items() if key not in COUNTS}
            chosen[section] = value
        return chosen

    def factory(self, config: GenerateConfig, store: Store) -> StageFactory:
        """How workers make the step's stage; it can be sent to other processes."""
        module, _, name = self.stage.partition(":")
        return partial(getattr(import_module(module), name), config, store)

    def batch_size(self, config: GenerateConfig) -> int:
        """Items in one micro-batch."""
        return int(getattr(config, self.batch_section).batch_size) if self.batch_section is not None else 1


COUNTS = ("trajectories", "candidates", "clips_per_trajectory")

STEPS: tuple[Step, ...] = (
    Step("pose", 1, "tasks.pose:PoseStage", (), ("seed", "frames", "fps", "image", "hand", "pose"), "pose"),
    Step("appearance", 1, "tasks.appearance:AppearanceStage", ("pose",), ("appearance",), "appearance", "appearance"),
    Step(
        "score-candidates",
        1,
        "tasks.score:CandidateScoreStage",
        ("pose", "appearance"),
        ("estimator",),
        "score",
        "estimator",
    ),
    Step("select-candidates", 1, "", ("score-candidates",), ("select.candidates",), None),
    Step(
        "video", 1, "tasks.video:VideoStage", ("pose", "appearance", "select-candidates"), ("video",), "video", "video"
    ),
    Step("score-clips", 1, "tasks.score:ClipScoreStage", ("pose", "video"), ("estimator",), "score"),
    Step("select-clips", 1, "", ("score-clips",), ("select.clips",), None),
    Step("samples", 1, "tasks.samples:SamplesStage", ("pose", "video", "score-clips"), (), "samples"),
)
BY_NAME: dict[str, Step] = {step.name: step for step in STEPS}


def steps_of(config: GenerateConfig) -> tuple[Step, ...]:
    """The steps of this configuration, in order: the cut over clips only where it is configured."""
    return tuple(step for step in STEPS if step.name != "select-clips" or config.select.clips is not None)
