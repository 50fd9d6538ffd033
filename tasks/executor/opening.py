"""Opening what a build runs on: Ray for the length of a build, and an executor for the length of a step."""

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import ray
from ray._private import auto_init_hook, ray_constants
from ray._private import worker as ray_worker

from tasks.config.execution import ExecutionConfig, StageResources, StagesResources
from tasks.errors import ExecutorError
from tasks.executor.contract import Executor
from tasks.executor.inline import InlineExecutor
from tasks.executor.placement import Node, Place, cluster_nodes, places_for, with_gpu_memory
from tasks.executor.pulse import current_pulse
from tasks.executor.ray_pool import RayActorPool
from tasks.executor.sharing import share_out, shared_gpus
from tasks.stage import StageFactory

OBJECT_STORE_BYTES = 512 * 2**20


@contextmanager
def ray_session(execution: ExecutionConfig) -> Iterator[None]:
    """Ray while the block runs: one of its own for 'local', else the cluster at the address.

    A Ray that this process is already connected to is used and left running; with the inline executor nothing is
    started.
    Raises ExecutorError in one line when the cluster does not answer or is too small for a worker of some step.
    """
    if execution.executor == "inline":
        yield
        return
    if ray.is_initialized():
        check_room(execution, nodes_of(execution))
        yield
        return
    # A call that comes after Ray's end, in a shard's thread, would start a cluster that nobody ends.
    auto_init_hook.enable_auto_connect = False
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        if execution.address == "local":
            with on_loopback():
                ray.init(
                    address="local",
                    num_cpus=execution.num_cpus or os.cpu_count(),
                    num_gpus=execution.num_gpus,
                    object_store_memory=OBJECT_STORE_BYTES,
                    include_dashboard=False,
                    logging_level=logging.ERROR,
                    log_to_driver=False,
                )
        else:
            ray.init(address=execution.address, logging_level=logging.ERROR, log_to_driver=False)
    except Exception as error:
        # Ray raises bare exceptions too: a node that is slow to come up is one.
        reason = " ".join(str(error).split())
        raise ExecutorError(
            f"execution.address: Ray at {execution.address!r} does not start or answer: {reason}"
        ) from error
    with quiet_ray():
        try:
            check_room(execution, nodes_of(execution))
            yield
        finally:
            ray.shutdown()


@contextmanager
def on_loopback() -> Iterator[None]:
    """A Ray that is started in the block is one machine's own: its servers listen on 127.0.0.1 alone.

    Ray has that for desktops, where a firewall would ask; its variable set to 1 makes it listen everywhere.
    """
    before = ray_constants.ENABLE_RAY_CLUSTER
    everywhere = os.environ.setdefault(ray_constants.ENABLE_RAY_CLUSTERS_ENV_VAR, "0") == "1"
    ray_constants.ENABLE_RAY_CLUSTER = everywhere
    try:
        yield
    finally:
        ray_constants.ENABLE_RAY_CLUSTER = before


@contextmanager
def quiet_ray() -> Iterator[None]:
    """Keeps Ray from printing a paragraph into the progress bars for each worker that dies: the pool logs one line."""
    before = ray_worker._worker_logs_enabled
    ray_worker._worker_logs_enabled = False
    try:
        yield
    finally:
        ray_worker._worker_logs_enabled = before


def nodes_of(execution: ExecutionConfig) -> list[Node]:
    """The nodes of the Ray that this process is connected to; their GPU memory is asked where a stage is given in GiB.

    Raises ExecutorError when a node with GPUs does not say how much memory they have.
    """
    current_pulse().settle()
    nodes = cluster_nodes()
    in_gib = any(_resources(execution, step).gpu_memory_gib is not None for step in StagesResources.model_fields)
    return with_gpu_memory(nodes, execution.gpu_memory_gib) if in_gib else nodes


def check_room(execution: ExecutionConfig, nodes: Sequence[Node]) -> None:
    """Raises ExecutorError, naming the key, when a step's worker fits on none of the nodes."""
    for step in StagesResources.model_fields:
        places_for(_resources(execution, step), nodes, step)


def overlap_fits(execution: ExecutionConfig, pools: Mapping[str, str]) -> bool:
    """Whether the workers of several steps (step -> name of its resources) fit on the cluster side by side."""
    if execution.executor == "inline":
        return True
    steps = {step: _resources(execution, name) for step, name in pools.items()}
    return share_out(steps, nodes_of(execution)) is not None


@contextmanager
def overlapping(execution: ExecutionConfig, pools: Mapping[str, str]) -> Iterator[Mapping[str, list[Place]]]:
    """Places for the workers of several steps that run side by side, reserved while the block runs; a step that is not
    named there takes what is free. One step alone needs no reservation.

    Raises ExecutorError when they do not fit.
    """
    if execution.executor == "inline" or len(pools) < 2:
        yield {}
        return
    sharing = share_out({step: _resources(execution, name) for step, name in pools.items()}, nodes_of(execution))
    if sharing is None:
        raise ExecutorError(f"execution.mode: the workers of {', '.join(pools)} do not fit side by side; use staged")
    with shared_gpus(sharing) as places:
        yield places


def _resources(execution: ExecutionConfig, name: str) -> StageResources:
    found: StageResources = getattr(execution.stages, name)
    return found


@contextmanager
def open_executor(
    execution: ExecutionConfig,
    factory: StageFactory,
    resources: StageResources,
    labels: Mapping[str, str] | None = None,
    places: Sequence[Place] | None = None,
) -> Iterator[Executor]:
    """Warm workers for one step, ended with the block. Needs an open `ray_session` unless the executor is inline.

    `labels` (step, build) name the workers to Prometheus; `places` are reserved for them where steps run side by side.
    """
    if execution.executor == "inline":
        with InlineExecutor(factory) as inline:
            yield inline
        return
    if not ray.is_initialized():
        raise ExecutorError("no Ray is open; open the workers inside `with ray_session(execution):`")
    with RayActorPool(
        factory,
        resources,
        item_attempts=execution.item_attempts,
        item_timeout_s=execution.item_timeout_s,
        places=places if places is not None else places_for(resources, nodes_of(execution), _step_of(labels)),
        labels=labels,
        prices=execution.prices,
    ) as pool:
        yield pool


def _step_of(labels: Mapping[str, str] | None) -> str:
    return (labels or {}).get("step", "<step>")
