"""How the workers of a step make its stage: the step's own, or one that only waits where a build is simulated."""

from collections.abc import Mapping
from functools import partial
from importlib import import_module

from tasks.build import Build
from tasks.simulation import SimulatedStage, simulated_item
from tasks.stage import StageFactory
from tasks.steps import Step


def stage_factory(build: Build, step: Step) -> StageFactory:
    """What is sent to workers to make a step's stage there."""
    simulation = build.config.execution.simulation
    if simulation is not None:
        return partial(SimulatedStage, step.name, build.store, simulation, simulated_item(build.config, step.name))
    factory: StageFactory = import_module(step.module).stage(build, step)
    return factory


def models_of(build: Build, step: Step) -> Mapping[str, str]:
    """Id and hash of the weights that a step uses, for the lineage of its parts; none where they are simulated."""
    if build.config.execution.simulation is not None:
        return {}
    found = getattr(import_module(step.module), "models", None)
    return found(build, step) if found is not None else {}
