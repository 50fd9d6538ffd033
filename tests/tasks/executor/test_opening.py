"""Ray for the length of a build."""

import sys
from typing import Any

import pytest
import ray
from ray._private import worker as ray_worker

from tasks.config.execution import ExecutionConfig, StageResources, StagesResources
from tasks.errors import ExecutorError
from tasks.executor.inline import InlineExecutor
from tasks.executor.opening import check_room, open_executor, overlap_fits, overlapping, quiet_ray, ray_session
from tasks.executor.placement import Node
from tasks.executor.ray_pool import RayActorPool
from tests.tasks.executor.conftest import items_of

GPU_STEPS = {"appearance": "appearance", "video": "video"}
GREEDY = StagesResources(video=StageResources(gpus=4))


def test_the_configuration_chooses_the_executor(two_gpus: None, moody: Any) -> None:
    """Catches Ray where it was not wanted, and one process where it was."""
    with open_executor(ExecutionConfig(executor="inline"), moody, StageResources()) as inline:
        assert isinstance(inline, InlineExecutor)
    execution = ExecutionConfig(item_attempts=1)
    with ray_session(execution), open_executor(execution, moody, StageResources()) as pool:
        assert isinstance(pool, RayActorPool)
        assert pool.map(items_of("exit"), batch_size=1)[0].attempts == 1
    assert ray.is_initialized(), "a Ray that was there before is left running"


def test_too_few_gpus_are_found_before_any_work(two_gpus: None) -> None:
    """Catches a build that reaches its last step and then finds no GPU."""
    with (
        pytest.raises(ExecutorError, match=r"execution\.stages\.video\.gpus"),
        ray_session(ExecutionConfig(stages=GREEDY)),
    ):
        pass
    with pytest.raises(ExecutorError, match=r"execution\.stages\.video\.gpus"):
        check_room(ExecutionConfig(stages=GREEDY), [Node("n", 2.0, 2.0)])
    with ray_session(ExecutionConfig(executor="inline", stages=GREEDY)):
        pass


def test_steps_overlap_only_where_their_workers_fit_together(two_gpus: None) -> None:
    """Catches a second pool that waits for ever for GPUs which the first one holds."""
    one_each = StagesResources(appearance=StageResources(gpus=1), video=StageResources(actors=2, gpus=1))
    execution = ExecutionConfig(stages=one_each)
    assert overlap_fits(execution, {"appearance": "appearance"})
    assert not overlap_fits(execution, {"appearance": "appearance", "video": "video"})
    with pytest.raises(ExecutorError, match="do not fit side by side"), overlapping(execution, GPU_STEPS):
        pass
    assert overlap_fits(ExecutionConfig(executor="inline"), GPU_STEPS)


def test_ray_prints_nothing_into_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    """Catches Ray's paragraph about a dead worker in the middle of the progress bars."""
    paragraph = {"lines": ["A worker died or was killed"], "pid": "raylet", "is_err": False}
    with quiet_ray():
        ray_worker.print_worker_logs(paragraph, sys.stdout)
    assert capfd.readouterr().out == ""
    ray_worker.print_worker_logs(paragraph, sys.stdout)
    assert "A worker died" in capfd.readouterr().out
