"""GPUs that several steps share: one worker of each step on each GPU, held together by a Ray placement group.

Ray packs fractions of GPUs as tightly as it can, so that eight workers of 0.4 would crowd on four GPUs and leave four
idle. A bundle of a placement group is one whole GPU, and the fractions inside it are its own.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import ray
from ray.util.placement_group import placement_group, remove_placement_group

from tasks.config.execution import StageResources
from tasks.errors import ExecutorError
from tasks.executor.placement import Node, Place, gpu_share
from tasks.executor.pulse import current_pulse

READY_S = 60.0
FULL = 1.0 + 1e-9


@dataclass(frozen=True)
class Sharing:
    """Who is with whom: the steps' workers on each of `gpus` GPUs, and the CPU cores that those of one GPU need."""

    gpus: int
    cpus: int
    workers: Mapping[str, tuple[Place, int]]


def share_out(steps: Mapping[str, StageResources], nodes: Sequence[Node]) -> Sharing | None:
    """How the workers of several steps fit side by side; None where they do not.

    Steps with GPUs have one worker on each GPU (or several, where more are wanted than there are GPUs). A share of GPU
    memory is that of the smallest GPU.
    """
    with_gpus = [node for node in nodes if node.gpus >= 1]
    wanted = {step: found for step, found in steps.items() if found.gpus or found.gpu_memory_gib is not None}
    total = sum(int(node.gpus) for node in with_gpus)
    gpus = min(total, max((found.actors for found in wanted.values()), default=0))
    if wanted and not gpus:
        return None
    workers: dict[str, tuple[Place, int]] = {}
    held, cpus = 0.0, 0
    for step, found in wanted.items():
        shares = [gpu_share(found, node, step) for node in with_gpus]
        if any(share is None or share > 1 for share in shares):
            return None
        each = -(-found.actors // gpus)
        share = max(share for share in shares if share is not None)
        held, cpus = held + each * share, cpus + each * found.cpus
        workers[step] = (Place(found.cpus, share), min(found.actors, each * gpus))
    if held > FULL or sum(min(int(node.gpus), int(node.cpus // max(1, cpus))) for node in with_gpus) < gpus:
        return None
    beside = sum(found.actors * found.cpus for step, found in steps.items() if step not in wanted)
    if beside + gpus * cpus > sum(node.cpus for node in nodes):
        return None
    return Sharing(gpus, cpus, workers)


@contextmanager
def shared_gpus(sharing: Sharing) -> Iterator[Mapping[str, list[Place]]]:
    """Places of the steps' workers on GPUs that are reserved while the block runs.

    Raises ExecutorError when the cluster does not give them within a minute, or is gone.
    """
    if not sharing.gpus:
        yield {}
        return
    group = placement_group([{"GPU": 1.0, "CPU": float(max(1, sharing.cpus))}] * sharing.gpus, strategy="PACK")
    try:
        if not current_pulse().answered(group.ready(), READY_S):
            raise ExecutorError(
                f"execution.mode: streaming needs {sharing.gpus} GPUs with {sharing.cpus} cores each at the same time, "
                "and something else holds them; use staged, or wait"
            )
        yield {
            step: [Place(place.cpus, place.gpus, None, (group, number % sharing.gpus)) for number in range(count)]
            for step, (place, count) in sharing.workers.items()
        }
    finally:
        if ray.is_initialized():
            remove_placement_group(group)
