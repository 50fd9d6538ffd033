"""How a build is run: workers, shard sizes, retries. Nothing here changes what a build makes."""

from typing import Literal

from pydantic import Field

from tasks.config.base import ConfigModel


class StageResources(ConfigModel):
    """Workers of one step and how its items are cut into shards."""

    actors: int = Field(default=1, ge=1, description="Warm workers, each with its own copy of the model")
    cpus: int = Field(default=1, ge=1, description="CPU cores of each worker")
    gpus: float = Field(default=0.0, ge=0.0, description="GPUs of each worker; a fraction lets workers share one")
    shard_items: int = Field(default=120, ge=1, description="Items in one shard: what is done again after a crash")


class StagesResources(ConfigModel):
    """Workers of each step."""

    pose: StageResources = Field(
        default=StageResources(actors=2, shard_items=8), description="Workers of the pose step"
    )
    appearance: StageResources = Field(
        default=StageResources(actors=2, shard_items=60), description="Workers of the appearance step"
    )
    score: StageResources = Field(
        default=StageResources(actors=2, shard_items=240), description="Workers of both scoring steps"
    )
    video: StageResources = Field(
        default=StageResources(actors=2, shard_items=8), description="Workers of the video step"
    )
    samples: StageResources = Field(
        default=StageResources(actors=1, shard_items=50), description="Workers of the samples step (items are clips)"
    )


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
    num_gpus: int | None = Field(
        default=None, ge=0, description="GPUs a local Ray announces; empty: what this machine has"
    )
    parallel_shards: int = Field(
        default=2, ge=1, le=64, description="Shards of one step that are worked on at the same time"
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
