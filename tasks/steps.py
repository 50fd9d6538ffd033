"""The steps of a build in order: what each reads, which configuration affects its items, and who does the work.

A step's module offers, besides the class of its stage:

    stage(build, step) -> StageFactory      how workers make the stage; it is sent to other processes
    items(build, step, first, last) -> Iterator[Item]   only `pose`: what there is to do at first (the others follow
                                            from tables), from trajectory `first` up to `last` (excluded)
    count(build) -> int                     only `pose`: how many trajectories there are
    models(build, step) -> dict[str, str]   optional: id -> revision or hash of the models used, for the parts' lineage
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tasks.config.model import GenerateConfig
from tasks.tables.registry import TABLES
from tasks.tables.table import Table

Resources = Literal["pose", "appearance", "score", "video", "samples"]


@dataclass(frozen=True)
class Step:
    """One step. `module` makes its stage; `sections` are the parts of the configuration that affect its items, of which
    counts (how many) are left out.

    A `reduce` step is one function over everything before it and needs no workers.
    """

    name: str
    version: int
    module: str
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
            if section in OPTIONAL and section not in output:
                continue
            value: Any = output
            for key in section.split("."):
                value = value[key] if value is not None else None
            if isinstance(value, Mapping):
                value = {key: part for key, part in value.items() if key not in COUNTS}
            chosen[section] = value
        return chosen

    def batch_size(self, config: GenerateConfig) -> int:
        """Items in one micro-batch."""
        return int(getattr(config, self.batch_section).batch_size) if self.batch_section is not None else 1


COUNTS = ("trajectories", "candidates", "clips_per_trajectory")
# Sections that stand in what affects the output only where they are not left at their defaults.
OPTIONAL = ("conditions",)

STEPS: tuple[Step, ...] = (
    Step("pose", 1, "tasks.pose", (), ("seed", "frames", "fps", "image", "hand", "pose"), "pose"),
    Step("appearance", 1, "tasks.appearance", ("pose",), ("appearance", "conditions"), "appearance", "appearance"),
    Step(
        "score-candidates",
        1,
        "tasks.score",
        ("pose", "appearance"),
        ("estimator",),
        "score",
        "estimator",
    ),
    Step("select-candidates", 1, "tasks.select", ("score-candidates",), ("select.candidates",), None),
    Step(
        "video",
        1,
        "tasks.video",
        ("pose", "appearance", "select-candidates"),
        ("video", "conditions"),
        "video",
        "video",
    ),
    Step("score-clips", 1, "tasks.score", ("pose", "video"), ("estimator",), "score"),
    Step("select-clips", 1, "tasks.select", ("score-clips",), ("select.clips",), None),
    Step("samples", 1, "tasks.samples", ("pose", "video", "score-clips"), ("samples",), "samples"),
)
BY_NAME: dict[str, Step] = {step.name: step for step in STEPS}


def parents_of(step: Step, config: GenerateConfig) -> tuple[str, ...]:
    """The steps whose parts a step reads under this configuration: `samples` obeys the cut over clips where there is
    one.
    """
    cut = ("select-clips",) if step.name == "samples" and config.select.clips is not None else ()
    return (*step.parents, *cut)


def steps_of(config: GenerateConfig) -> tuple[Step, ...]:
    """The steps of this configuration, in order: the cut over clips only where it is configured."""
    return tuple(step for step in STEPS if step.name != "select-clips" or config.select.clips is not None)
