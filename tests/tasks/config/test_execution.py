"""How a build is run."""

import pytest
from pydantic import ValidationError

from tasks.config.execution import ExecutionConfig, StageResources, StagesResources
from tasks.steps import STEPS


def test_every_step_with_workers_has_its_resources() -> None:
    """Catches a step whose pool cannot be configured."""
    assert {step.resources for step in STEPS if step.resources} == set(StagesResources.model_fields)


def test_defaults_suit_two_cores_without_a_gpu() -> None:
    """Catches a default that needs a GPU or more than two cores: the demo would not start."""
    execution = ExecutionConfig()
    for name in StagesResources.model_fields:
        resources: StageResources = getattr(execution.stages, name)
        assert resources.gpus == 0 and resources.actors * resources.cpus <= 2
    assert execution.address == "local"


def test_no_actor_or_no_item_is_refused() -> None:
    """Catches a pool of nobody, which would wait for ever."""
    for wrong in ({"actors": 0}, {"shard_items": 0}, {"gpus": -1}):
        with pytest.raises(ValidationError):
            StageResources.model_validate(wrong)
