"""How a build is run: workers, shard sizes, retries. Nothing here changes what a build makes."""

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from tasks.config.base import ConfigModel


class StageResources(ConfigModel):
    """Workers of one step and how its items are cut into shards."""

    actors: int = Field(default=1, ge=1, description="Warm workers, each with its own copy of the model")
    cpus: int = Field(default=1, ge=1, description="CPU cores of each worker")
    gpus: float = Field(default=0.0, ge=0.0, description="GPUs of each worker; a fraction lets workers share one")
    gpu_memory_gib: float | None = Field(
        default=None,
        gt=0.0,
        description="GPU memory of each worker in GiB, in place of `gpus`: the fraction follows from each node's GPUs",
    )
    shard_items: int | None = Field(
        default=None,
        ge=1,
        description="Items in one shard, which is what a crash costs; empty: by time, see `execution.shard_seconds`",
    )
    max_items: int | None = Field(
        default=None, ge=1, description="Items after which a worker is replaced by a fresh one; empty: never"
    )
    max_rss_gib: float | None = Field(
        default=None,
        gt=0.0,
        description="Main memory in GiB above which a worker is replaced by a fresh one; empty: never",
    )

    @model_validator(mode="after")
    def _one_measure(self) -> "StageResources":
        if self.gpus and self.gpu_memory_gib is not None:
            raise ValueError("give `gpus` or `gpu_memory_gib`, not both")
        return self


class StagesResources(ConfigModel):
    """Workers of each step."""

    pose: StageResources = Field(default=StageResources(actors=2), description="Workers of the pose step")
    appearance: StageResources = Field(default=StageResources(actors=2), description="Workers of the appearance step")
    score: StageResources = Field(default=StageResources(actors=2), description="Workers of each of the scoring steps")
    video: StageResources = Field(default=StageResources(actors=2), description="Workers of the video step")
    samples: StageResources = Field(
        default=StageResources(actors=1), description="Workers of the samples step (items are clips)"
    )


class PricesConfig(ConfigModel):
    """What things cost the user, for `pam plan`. Any currency; 0 leaves a thing out."""

    gpu_hour: float = Field(default=0.0, ge=0.0, description="Price of one GPU for one hour")
    cpu_hour: float = Field(default=0.0, ge=0.0, description="Price of one CPU core for one hour")
    gb_month: float = Field(default=0.0, ge=0.0, description="Price of storing 10^9 bytes for one month")


class SimulationConfig(ConfigModel):
    """Stage models that only wait, for `pam simulate`: the rest of a build is real. Rows of such a build are empty."""

    speed: float = Field(default=100.0, gt=0.0, description="How many times faster than real the simulated seconds run")
    fails: float = Field(default=0.0, ge=0.0, le=1.0, description="Share of items that raise, chosen by their seeds")
    crashes: float = Field(
        default=0.0, ge=0.0, le=1.0, description="Share of items that end their worker's process, chosen by their seeds"
    )
    trace: Path | None = Field(
        default=None, description="Folder in which workers note when each GPU loads and works; empty: they do not"
    )
    media_bytes: int = Field(default=64, ge=1, le=2**24, description="Length of each medium that is written, in bytes")


class ExecutionConfig(ConfigModel):
    """How a build is run."""

    executor: Literal["ray", "inline"] = Field(
        default="ray", description="'ray': pools of warm workers; 'inline': everything in this process"
    )
    address: str = Field(
        default="local",
        min_length=1,
        description="'local' starts a Ray of its own on this machine; otherwise the cluster's address, host:port",
    )
    num_cpus: int | None = Field(
        default=None, ge=1, description="CPU cores a local Ray may use; empty: all of this machine's"
    )
    mode: Literal["staged", "streaming"] = Field(
        default="staged",
        description="'staged': the workers of one step at a time; 'streaming': steps overlap, block by block, where"
        " the GPUs hold the workers of all of them together",
    )
    num_gpus: int | None = Field(
        default=None, ge=0, description="GPUs a local Ray announces; empty: what this machine has"
    )
    gpu_memory_gib: float | None = Field(
        default=None,
        gt=0.0,
        description="Memory of each GPU in GiB, where nodes cannot be asked; empty: they are asked",
    )
    hardware: Literal["paper", "h20", "h200"] = Field(
        default="h20", description="Which column of the table of costs holds before anything was measured"
    )
    shard_seconds: float = Field(
        default=600.0, gt=0.0, description="Worker-seconds that a shard should take where `shard_items` is empty"
    )
    max_task_runs: int = Field(
        default=2000, ge=16, le=10_000, description="Most Prefect task runs of one build; shards grow to keep to it"
    )
    min_free_gib: float = Field(
        default=1.0, ge=0.0, description="GiB to be left free on the store's disk: below, no further shard is started"
    )
    store_quota_gib: float | None = Field(
        default=None,
        gt=0.0,
        description="GiB that a build may put into the store, as buckets have no end; empty: no limit",
    )
    prices: PricesConfig = Field(default=PricesConfig(), description="Your prices, for `pam plan`")
    simulation: SimulationConfig | None = Field(
        default=None, description="Set by `pam simulate`: stage models wait instead of working"
    )
    parallel_shards: int = Field(
        default=2,
        ge=1,
        le=64,
        description="Shards of one step that are worked on at the same time; more, up to one for each worker, where so"
        " few hold too few items to keep all workers busy",
    )
    stages: StagesResources = Field(default=StagesResources(), description="Workers of each step")
    item_attempts: int = Field(
        default=2,
        ge=1,
        le=10,
        description="How often an item that kills its worker is tried before it counts as failed",
    )
    item_timeout_s: float | None = Field(
        default=None, gt=0, description="Seconds after which an item counts as hanging; empty: never"
    )
    shard_retries: int = Field(
        default=2, ge=0, le=20, description="How often a shard is run again when the machinery around it fails"
    )
    max_failed_fraction: float = Field(
        default=0.5, ge=0.0, le=1.0, description="Share of failed items in a step above which the build stops"
    )
