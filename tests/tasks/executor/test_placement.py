"""Where workers go."""

import pytest

from tasks.config.execution import StageResources
from tasks.errors import ExecutorError
from tasks.executor.placement import (
    Node,
    Place,
    actor_options,
    places_for,
    smallest_gpu_mib,
    with_gpu_memory,
)

NODE = Node("n", 8.0, 2.0)
H20, A100 = Node("h20", 32.0, 8.0, 96.0), Node("a100", 32.0, 8.0, 40.0)


@pytest.mark.parametrize(
    ("resources", "actors"),
    [
        (StageResources(actors=9, cpus=1), 8),
        (StageResources(actors=9, cpus=3), 2),
        (StageResources(actors=9, gpus=1), 2),
        (StageResources(actors=9, gpus=0.5), 4),
        (StageResources(actors=9, gpus=0.6), 2),
        (StageResources(actors=9, gpus=2), 1),
        (StageResources(actors=1, gpus=0.5), 1),
    ],
)
def test_as_many_workers_as_fit(resources: StageResources, actors: int) -> None:
    """Catches workers that wait for ever for a place."""
    assert len(places_for(resources, [NODE])) == actors


def test_a_gpu_that_is_not_there_is_an_error() -> None:
    """Catches a silent fall-back to a machine without GPUs, and a worker that would need two machines."""
    bare = [Node("n", 2.0, 0.0)]
    with pytest.raises(ExecutorError, match=r"execution\.stages\.video\.gpus: a worker asks for 1, there are 0"):
        places_for(StageResources(gpus=1), bare, "video")
    with pytest.raises(ExecutorError, match="set it to 2 or less"):
        places_for(StageResources(cpus=4), [*bare, Node("m", 2.0, 0.0)])
    with pytest.raises(ExecutorError, match="no single node has both"):
        places_for(StageResources(cpus=4, gpus=1), [Node("g", 2.0, 1.0), Node("c", 8.0, 0.0)])


def test_gibibytes_become_a_share_of_each_nodes_gpu() -> None:
    """Catches a share worked out on the driver's GPU (two models of 30 GiB do not fit on 40), and eight workers that
    crowd on three of eight GPUs.
    """
    many = StageResources(gpu_memory_gib=30, actors=99)
    assert {place.gpus for place in places_for(many, [H20])} == {0.3125} and len(places_for(many, [H20])) == 24
    mixed = places_for(many, [H20, A100])
    assert {(place.node_id, place.gpus) for place in mixed} == {("h20", 0.3125), ("a100", 0.75)}
    assert sum(place.node_id == "a100" for place in mixed) == 8
    only_large = places_for(StageResources(gpu_memory_gib=41.4, actors=99), [H20, A100])
    assert len(only_large) == 16 and {place.gpus for place in only_large} == {0.4313}
    assert {place.gpus for place in places_for(StageResources(gpu_memory_gib=30, actors=8), [H20])} == {1.0}
    with pytest.raises(ExecutorError, match=r"gpu_memory_gib: a worker asks for 100 GiB, the largest GPU has 96"):
        places_for(StageResources(gpu_memory_gib=100), [H20, A100])


def test_memory_that_nobody_states_is_an_error_or_configured() -> None:
    """Catches a guess of 24 GiB."""
    assert with_gpu_memory([NODE], 80.0)[0].gpu_memory_gib == 80.0
    assert smallest_gpu_mib() is None or smallest_gpu_mib() > 1000


def test_a_place_on_a_node_is_asked_for() -> None:
    """Catches a share meant for one kind of GPU that Ray puts on another."""
    assert "scheduling_strategy" not in actor_options(Place(1, 0.5))
    assert actor_options(Place(1, 0.5, "ab" * 28))["scheduling_strategy"].node_id == "ab" * 28
