"""How stages are made."""

from tasks.build import open_build
from tasks.config import load_config
from tasks.simulation import SimulatedStage
from tasks.stages import models_of, stage_factory
from tasks.steps import BY_NAME
from tasks.store import Store
from tests.tasks.conftest import ToySteps, toy_config


def test_only_a_simulation_waits(toy: ToySteps, store: Store) -> None:
    """Catches a real build whose models are replaced, and a simulated one that loads real ones or names them."""
    real = open_build(toy_config(), store)
    assert type(stage_factory(real, BY_NAME["video"])()).__name__ == "ToyStage"
    assert models_of(real, BY_NAME["video"]) == {}
    waiting = open_build(load_config("demo", None, ["execution.simulation.speed=5"]), store)
    assert isinstance(stage_factory(waiting, BY_NAME["video"])(), SimulatedStage)
    assert models_of(waiting, BY_NAME["video"]) == {}
