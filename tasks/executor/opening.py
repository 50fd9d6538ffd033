"""Opening what a build runs on: Ray for the length of a build, and an executor for the length of a step."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import ray
from ray._private import worker as ray_worker

from tasks.config.execution import ExecutionConfig, StageResources, StagesResources
from tasks.errors import ExecutorError
from tasks.executor.contract import Executor
from tasks.executor.inline import InlineExecutor
from tasks.executor.ray_pool import RayActorPool, cluster_resources, fitting_actors
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
        check_room(execution, cluster_resources())
        yield
        return
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        if execution.address == "local":
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
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        reason = " ".join(str(error).split())
        raise ExecutorError(
            f"execution.address: Ray at {execution.address!r} does not start or answer: {reason}"
        ) from error
    with quiet_ray():
        try:
            check_room(execution, cluster_resources())
            yield
        finally:
            ray.shutdown()


@contextmanager
def quiet_ray() -> Iterator[None]:
    """Keeps Ray from printing a paragraph into the progress bars for each worker that dies: the pool logs one line."""
    before = ray_worker._worker_logs_enabled
    ray_worker._worker_logs_enabled = False
    try:
        yield
    finally:
        ray_worker._worker_logs_enabled = before


def check_room(execution: ExecutionConfig, available: Mapping[str, float]) -> None:
    """Raises ExecutorError, naming the key, when a step's worker does not fit into what is available."""
    for step in StagesResources.model_fields:
        fitting_actors(getattr(execution.stages, step), available, step)


@contextmanager
def open_executor(execution: ExecutionConfig, factory: StageFactory, resources: StageResources) -> Iterator[Executor]:
    """Warm workers for one step, ended with the block. Needs an open `ray_session` unless the executor is inline."""
    if execution.executor == "inline":
        with InlineExecutor(factory) as inline:
            yield inline
        return
    if not ray.is_initialized():
        raise ExecutorError("no Ray is open; open the workers inside `with ray_session(execution):`")
    with RayActorPool(
        factory, resources, item_attempts=execution.item_attempts, item_timeout_s=execution.item_timeout_s
    ) as pool:
        yield pool
