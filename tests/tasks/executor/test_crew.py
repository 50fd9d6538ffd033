"""The actors of a pool."""

from typing import Any

import pytest
import ray

from tasks.errors import ExecutorError
from tasks.executor.crew import Crew
from tasks.executor.placement import Place
from tasks.executor.pulse import current_pulse
from tests.tasks.executor.conftest import items_of

pytestmark = pytest.mark.usefixtures("two_gpus")


def test_every_actor_ends_with_its_crew(moody: Any) -> None:
    """Catches a worker that keeps its GPU after the pool is closed, and one that is started afterwards."""
    crew = Crew(moody, {"step": "s", "build": "b"}, current_pulse())
    (handle,) = crew.set_up([Place(1, 0.5)])
    assert ray.get(handle.infer.remote(items_of("a"))).rows[0][0]["key"] == "a"
    crew.close()
    with pytest.raises(ray.exceptions.RayActorError):
        ray.get(handle.infer.remote(items_of("a")))
    with pytest.raises(ExecutorError, match="closed"):
        crew.start(Place(1))
