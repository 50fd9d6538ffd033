"""Where workers go: a stage's GPU memory in GiB against the GPUs of each node, and how many there is room for."""

import math
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.placement_group import PlacementGroup
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy, PlacementGroupSchedulingStrategy

from tasks.config.execution import StageResources
from tasks.errors import ExecutorError

# Ray counts GPUs in ten-thousandths.
GRAIN = 10_000
MIB_PER_GIB = 1024
ASK_S = 60.0


@dataclass(frozen=True)
class Node:
    """One node of the cluster: what it offers, and the memory of each of its GPUs in GiB (None where nobody said)."""

    node_id: str
    cpus: float
    gpus: float
    gpu_memory_gib: float | None = None


@dataclass(frozen=True)
class Place:
    """What one worker holds, and the node or the bundle of a placement group it must be in, if any."""

    cpus: int
    gpus: float = 0.0
    node_id: str | None = None
    bundle: tuple[PlacementGroup, int] | None = None


def cluster_nodes() -> list[Node]:
    """The living nodes of the Ray that this process is connected to, their GPU memory still unasked."""
    found = [node for node in ray.nodes() if node["Alive"]]  # type: ignore[no-untyped-call]
    return [
        Node(node["NodeID"], node["Resources"].get("CPU", 0.0), node["Resources"].get("GPU", 0.0)) for node in found
    ]


def with_gpu_memory(nodes: Sequence[Node], configured_gib: float | None) -> list[Node]:
    """The nodes with their GPUs' memory: the configured one, or what `nvidia-smi` says on each node with GPUs.

    Raises ExecutorError where neither tells.
    """
    if configured_gib is not None:
        return [Node(node.node_id, node.cpus, node.gpus, configured_gib) for node in nodes]
    return [node if node.gpus == 0 else _asked(node) for node in nodes]


def _asked(node: Node) -> Node:
    affinity = NodeAffinitySchedulingStrategy(node.node_id, soft=False)
    asking = ray.remote(smallest_gpu_mib).options(num_cpus=0, scheduling_strategy=affinity).remote()
    try:
        mib: float | None = ray.get(asking, timeout=ASK_S)
    except RayError:
        mib = None
    if mib is None:
        raise ExecutorError(
            f"execution.gpu_memory_gib: node {node.node_id[:12]} does not say how much memory its GPUs have; "
            "give it here, in GiB for each GPU"
        )
    return Node(node.node_id, node.cpus, node.gpus, mib / MIB_PER_GIB)


def smallest_gpu_mib() -> float | None:
    """Memory of this machine's smallest GPU in MiB, as its driver states it; None where there is no driver."""
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=ASK_S / 2)  # noqa: S603
        return min(float(line) for line in answer.stdout.split())
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def gpu_share(resources: StageResources, node: Node, step: str) -> float | None:
    """GPUs of a node that one worker holds; None where its memory exceeds every GPU there."""
    if resources.gpu_memory_gib is None:
        return resources.gpus
    if node.gpus < 1 or node.gpu_memory_gib is None or resources.gpu_memory_gib > node.gpu_memory_gib:
        return None
    return math.ceil(resources.gpu_memory_gib / node.gpu_memory_gib * GRAIN) / GRAIN


def places_for(resources: StageResources, nodes: Sequence[Node], step: str = "<step>") -> list[Place]:
    """Places for as many of the wanted workers as the nodes hold when they are empty, at least one.

    Raises ExecutorError naming the key when not one fits: nothing falls back to fewer GPUs than were asked for.
    Workers given in GiB spread over the GPUs: as few on each as the number of workers allows. They are tied to nodes
    only where the same memory is another share of a GPU on different nodes.
    """
    _check_one_fits(resources, nodes, step)
    shares = {node.node_id: gpu_share(resources, node, step) for node in nodes}
    if resources.gpu_memory_gib is not None:
        crowd = math.ceil(resources.actors / sum(int(node.gpus) for node in nodes if shares[node.node_id] is not None))
        shares = {name: None if share is None else max(share, _spread(crowd)) for name, share in shares.items()}
    tied = len({share for share in shares.values() if share}) > 1
    places = []
    for node in sorted(nodes, key=lambda node: (-node.gpus, -node.cpus, node.node_id)):
        share = shares[node.node_id]
        if share is not None:
            place = Place(resources.cpus, share, node.node_id if tied else None)
            places.extend([place] * _room(place, node))
    return places[: resources.actors]


def _spread(crowd: int) -> float:
    return math.floor(GRAIN / crowd) / GRAIN


def _room(place: Place, node: Node) -> int:
    by_cpu = int(node.cpus // place.cpus)
    if place.gpus > 1:
        return min(by_cpu, int(node.gpus // place.gpus))
    # Ray places fractions whole: two workers of 0.6 do not share a GPU, nor does one take a bit of two.
    return min(by_cpu, int(node.gpus) * int(1 / place.gpus + 1e-9)) if place.gpus else by_cpu


def _check_one_fits(resources: StageResources, nodes: Sequence[Node], step: str) -> None:
    key = f"execution.stages.{step}"
    gpus, cpus = (max((getattr(node, what) for node in nodes), default=0.0) for what in ("gpus", "cpus"))
    if resources.gpus > gpus:
        raise ExecutorError(
            f"{key}.gpus: a worker asks for {resources.gpus:g}, there are {gpus:g}; set it to 0 or run where GPUs are"
        )
    if resources.gpu_memory_gib is not None:
        memory = max((node.gpu_memory_gib or 0.0 for node in nodes if node.gpus >= 1), default=0.0)
        if resources.gpu_memory_gib > memory:
            have = f"the largest GPU has {memory:g}" if memory else "there is no GPU"
            raise ExecutorError(f"{key}.gpu_memory_gib: a worker asks for {resources.gpu_memory_gib:g} GiB, {have}")
    if resources.cpus > cpus:
        raise ExecutorError(
            f"{key}.cpus: a worker asks for {resources.cpus} cores, there are {cpus:g}; set it to {int(cpus)} or less"
        )
    if not any(
        _room(Place(resources.cpus, share), node)
        for node in nodes
        if (share := gpu_share(resources, node, step)) is not None
    ):
        raise ExecutorError(f"{key}: no single node has both the {resources.cpus} cores and the GPU of a worker")


def actor_options(place: Place) -> dict[str, Any]:
    """Ray's options for a worker at this place."""
    options: dict[str, Any] = {"num_cpus": place.cpus, "num_gpus": place.gpus, "max_restarts": 0}
    if place.node_id is not None:
        options["scheduling_strategy"] = NodeAffinitySchedulingStrategy(place.node_id, soft=False)
    if place.bundle is not None:
        options["scheduling_strategy"] = PlacementGroupSchedulingStrategy(*place.bundle)
    return options
