"""Toy stages for the flow: plan, tables, store, executors and Prefect stay real."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import ray
from prefect.testing.utilities import prefect_test_harness

import flows.generate
from tasks.build import Build
from tasks.config import GenerateConfig
from tasks.items import make_item
from tasks.stage import Item, Row
from tasks.steps import Step
from tasks.store import Store

CLIP_FRAMES = 3
TRAJECTORIES = 3
STEPS_WITH_STAGES = ("pose", "appearance", "score", "video", "samples")


@dataclass
class ToyStage:
    """Small rows with small media. `fails` names step/key pairs that raise."""

    name: str
    store: Store
    fails: frozenset[tuple[str, str]] = frozenset()

    def setup(self) -> None:
        pass

    def close(self) -> None:
        pass

    def infer(self, items: list[Item]) -> list[Any]:
        for item in items:
            if (self.name, item.key) in self.fails:
                raise ValueError(f"cannot make {item.key}")
        return [getattr(self, self.name.replace("-", "_"))(item) for item in items]

    def pose(self, item: Item) -> Row:
        media = [("maps", "npz"), ("object_mesh", "npz"), ("preview", "mp4")]
        row: Row = {"request_key": item.key, "license_tags": ["MIT"]}
        for what, extension in media:
            row |= self.store.put_media(f"{what} {item.key}".encode(), extension).columns(what)
        return row

    def appearance(self, item: Item) -> Row:
        picture = self.store.put_media(f"picture {item.item_id}".encode(), "png")
        return {"trajectory_id": item.parent_id, "index": item.fields["index"], **picture.columns("image")}

    def score_candidates(self, item: Item) -> Row:
        trajectory = item.inputs["pose"]["item_id"]
        return {
            "target_id": item.parent_id,
            "trajectory_id": trajectory,
            "mpjpe_mm": float(item.seed % 1000) / 10,
            "detected": True,
        }

    def video(self, item: Item) -> Row:
        clip = self.store.put_media(f"clip {item.item_id}".encode(), "mp4")
        return {
            "candidate_id": item.parent_id,
            "trajectory_id": item.inputs["pose"]["item_id"],
            "num_frames": CLIP_FRAMES,
            **clip.columns("video"),
        }

    score_clips = score_candidates

    def samples(self, item: Item) -> list[Row]:
        clip = item.inputs["video"]
        names = ("candidate_id", "trajectory_id", "video_uri", "video_sha256")
        joints = np.full((21, 3), 0.5)
        labels = {"K": np.eye(3).reshape(-1), "xyz": joints.reshape(-1), "uv": np.ones(42)}
        return [
            {"clip_id": clip["item_id"], "frame": frame, **labels, **{name: clip[name] for name in names}}
            for frame in range(CLIP_FRAMES)
        ]


@dataclass
class Toy:
    """What the toy stages do, and what was asked of them."""

    fails: set[tuple[str, str]] = field(default_factory=set)
    opened: list[str] = field(default_factory=list)

    def stage(self, build: Build, step: Step) -> Callable[[], ToyStage]:
        self.opened.append(step.name)
        return partial(ToyStage, step.name, build.store, frozenset(self.fails))

    def count(self, build: Build) -> int:
        return TRAJECTORIES

    def items(self, build: Build, step: Step, first: int, last: int) -> Iterator[Item]:
        for index in range(first, last):
            yield make_item(build, step, "", f"cup-{index}")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Toy:
    """Replaces the stages, the look at weights, and the report, which wants real pictures."""
    steps = Toy()
    module = SimpleNamespace(stage=steps.stage, items=steps.items, count=steps.count)
    for name in STEPS_WITH_STAGES:
        monkeypatch.setitem(sys.modules, f"tasks.{name}", module)

    def look_at_store(config: GenerateConfig, store: Store) -> None:
        store.probe()

    monkeypatch.setattr(flows.generate, "preflight", look_at_store)
    monkeypatch.setattr(flows.generate, "write_card", lambda store, build: f"{store.uri}/builds/{build}/README.md")
    monkeypatch.setattr(flows.generate, "write_report", lambda store, build: f"{store.uri}/builds/{build}/report")
    return steps


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A real Prefect server with a database of its own."""
    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def two_gpus() -> Iterator[None]:
    """A Ray with two cores and two GPUs that are only said to be there; one that runs already is used as it is."""
    # The toy stages stand in no package that a worker could import.
    ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
    if ray.is_initialized():
        yield
        return
    ray.init(
        address="local", num_cpus=2, num_gpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=2**28
    )
    yield
    ray.shutdown()
