"""GPUs that several steps share."""

import pytest
import ray

from tasks.config.execution import StageResources
from tasks.executor.placement import Node
from tasks.executor.ray_pool import RayActorPool
from tasks.executor.sharing import share_out, shared_gpus

H20 = Node("h20", 128.0, 8.0, 96.0)
PAINTER, FILMER, SCORER = (StageResources(gpu_memory_gib=gib, actors=8) for gib in (41.4, 30.3, 3.0))


def test_one_worker_of_each_step_on_each_gpu() -> None:
    """Catches an overlap that is refused though it fits, and one that leaves GPUs idle."""
    sharing = share_out({"appearance": PAINTER, "video": FILMER, "score": SCORER}, [H20])
    assert sharing is not None and (sharing.gpus, sharing.cpus) == (8, 3)
    assert {step: count for step, (_, count) in sharing.workers.items()} == dict.fromkeys(sharing.workers, 8)


def test_what_does_not_fit_is_told_before() -> None:
    """Catches workers that wait for ever for memory, for whole GPUs or for cores."""
    small = Node("a", 128.0, 8.0, 64.0)
    assert share_out({"appearance": PAINTER, "video": FILMER}, [small]) is None
    assert share_out({"appearance": PAINTER, "video": StageResources(gpus=2, actors=2)}, [H20]) is None
    assert share_out({"appearance": PAINTER, "pose": StageResources(actors=121)}, [H20]) is None
    assert share_out({"video": FILMER}, [Node("n", 4.0, 0.0)]) is None
    only_cpu = share_out({"pose": StageResources(actors=4)}, [Node("n", 4.0, 0.0)])
    assert only_cpu is not None and only_cpu.gpus == 0


@pytest.mark.usefixtures("two_gpus")
def test_workers_are_on_the_gpus_that_they_share() -> None:
    """Catches fractions that Ray packs on one GPU: here each GPU has one worker of each step, no more."""
    resources = StageResources(gpus=0.4, actors=2, cpus=1)

    class Told:
        name = "told"

        def setup(self) -> None:
            pass

        def infer(self, items: list[object]) -> list[dict[str, str]]:
            import os
            import time

            time.sleep(0.2)
            return [{"gpu": os.environ["CUDA_VISIBLE_DEVICES"]} for _ in items]

        def close(self) -> None:
            pass

    from tests.tasks.executor.conftest import items_of

    sharing = share_out({"a": resources}, [Node("n", 2.0, 2.0)])
    assert sharing is not None
    with shared_gpus(sharing) as places, RayActorPool(Told, resources, places=places["a"]) as pool:
        outcomes = pool.map(items_of(*"abcdefgh"), batch_size=1)
    assert {outcome.rows[0]["gpu"] for outcome in outcomes} == {"0", "1"}
    assert not [group for group in ray.util.placement_group_table().values() if group["state"] == "CREATED"]
