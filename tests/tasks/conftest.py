"""Toy steps that make whole builds in a second, and the store and Ray that the tests of the data plane share."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import ray

from pam_models.pose.source import PoseRequest
from tasks.build import Build, open_build
from tasks.config import GenerateConfig, load_config
from tasks.executor.inline import InlineExecutor
from tasks.items import make_item
from tasks.plan import Planner, StepPlan
from tasks.select import run_select
from tasks.shard import ShardReport, run_shard
from tasks.snapshot import write_snapshot
from tasks.stage import Item, Row
from tasks.steps import Step, steps_of
from tasks.store import Store

CLIP_FRAMES = 5
KEYS = ("good-key", "good-secret")


@dataclass
class ToySteps:
    """What the toy stages do: `fails` names step/key pairs that raise, `ran` every item that a stage saw."""

    trajectories: int = 3
    fails: set[tuple[str, str]] = field(default_factory=set)
    ran: list[tuple[str, str]] = field(default_factory=list)
    before_infer: Callable[[str, list[Item]], None] = lambda step, items: None

    def stage(self, build: Build, step: Step) -> Callable[[], Any]:
        return lambda: ToyStage(self, step.name, build.store)

    def count(self, build: Build) -> int:
        return self.trajectories

    def items(self, build: Build, step: Step, first: int, last: int) -> Iterator[Item]:
        for index in range(first, last):
            yield make_item(build, step, "", f"cup-{index}", fields={"request_seed": index})


class ToyStage:
    """Small rows with real media and labels that re-project."""

    def __init__(self, toy: ToySteps, name: str, store: Store) -> None:
        self.toy, self.name, self.store = toy, name, store

    def setup(self) -> None:
        pass

    def close(self) -> None:
        pass

    def infer(self, items: list[Item]) -> list[Any]:
        self.toy.before_infer(self.name, items)
        for item in items:
            self.toy.ran.append((self.name, item.item_id))
            if (self.name, item.key) in self.toy.fails:
                raise ValueError(f"cannot make {item.key}")
        return [getattr(self, self.name.replace("-", "_"))(item) for item in items]

    def pose(self, item: Item) -> Row:
        media = [self.store.put_media(f"{what} {item.key}".encode(), ext).columns(what) for what, ext in MEDIA]
        return {
            "request_key": item.key,
            "K": [100.0, 0, 72, 0, 100, 48, 0, 0, 1],
            "license_tags": ["MIT"],
            **media[0],
            **media[1],
            **media[2],
        }

    def appearance(self, item: Item) -> Row:
        assert item.inputs["pose"]["item_id"] == item.parent_id
        picture = self.store.put_media(f"picture {item.item_id}".encode(), "png")
        return {"trajectory_id": item.parent_id, "index": item.fields["index"], **picture.columns("image")}

    def score_candidates(self, item: Item) -> Row:
        trajectory = item.inputs["pose"]["item_id"]
        detected = item.seed % 7 != 0
        error = float(item.seed % 1000) / 10 if detected else None
        return {"target_id": item.parent_id, "trajectory_id": trajectory, "mpjpe_mm": error, "detected": detected}

    def video(self, item: Item) -> Row:
        clip = self.store.put_media(f"clip {item.item_id}".encode(), "mp4")
        trajectory = item.inputs["pose"]["item_id"]
        return {
            "candidate_id": item.parent_id,
            "trajectory_id": trajectory,
            "num_frames": CLIP_FRAMES,
            **clip.columns("video"),
        }

    score_clips = score_candidates

    def samples(self, item: Item) -> list[Row]:
        clip, trajectory = item.inputs["video"], item.inputs["pose"]
        rng = np.random.default_rng(item.seed)
        rows = []
        for frame in range(CLIP_FRAMES):
            xyz = rng.uniform([-0.1, -0.1, 0.4], [0.1, 0.1, 0.6], (21, 3))
            uvw = xyz @ np.reshape(trajectory["K"], (3, 3)).T
            rows.append(
                {
                    "clip_id": clip["item_id"],
                    "candidate_id": clip["candidate_id"],
                    "trajectory_id": trajectory["item_id"],
                    "frame": frame,
                    "video_uri": clip["video_uri"],
                    "video_sha256": clip["video_sha256"],
                    "K": trajectory["K"],
                    "xyz": xyz.reshape(-1),
                    "uv": (uvw[:, :2] / uvw[:, 2:]).reshape(-1),
                }
            )
        return rows


MEDIA = (("maps", "npz"), ("object_mesh", "npz"), ("preview", "mp4"))


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> ToySteps:
    """Replaces the stages by small ones; plan, tables, store and executor stay real."""
    steps = ToySteps()
    # what a power cut would lose is not what these tests are about, and a busy disk makes them slow
    monkeypatch.setattr(os, "fsync", lambda handle: None)

    class Source:
        def requests(self, count: int | None, seed: int) -> list[PoseRequest]:
            return [PoseRequest(f"cup-{index}", index) for index in range(steps.trajectories)]

    module = SimpleNamespace(stage=steps.stage, items=steps.items, count=steps.count, source_of=lambda config: Source())
    for name in ("pose", "appearance", "score", "video", "samples"):
        monkeypatch.setitem(sys.modules, f"tasks.{name}", module)
    return steps


@dataclass
class ToyRun:
    """One run of a toy build, step by step."""

    build: Build
    planner: Planner
    reports: dict[str, list[ShardReport]] = field(default_factory=dict)

    def step(self, step: Step) -> StepPlan:
        plan = self.planner.plan(step.name)
        if step.reduce:
            self.reports[step.name] = run_select(self.planner, plan)
        else:
            module = sys.modules[step.module]
            with InlineExecutor(module.stage(self.build, step)) as executor:
                self.reports[step.name] = [run_shard(self.planner, shard, executor) for shard in plan.todo]
        return plan

    def all(self) -> "ToyRun":
        for step in steps_of(self.build.config):
            self.step(step)
        write_snapshot(self.build, self.planner)
        return self

    @property
    def snapshot(self) -> bytes:
        return self.build.store.read(self.build.key("snapshot.json"))


SMALL = ("execution.executor=inline", "appearance.candidates=4", "execution.stages.appearance.shard_items=5")


def toy_config(*settings: str) -> GenerateConfig:
    return load_config(assignments=[*SMALL, *settings])


Begin = Callable[..., ToyRun]


@pytest.fixture
def begin() -> Begin:
    """Opens a toy build in a store."""

    def opened(store: Store, *settings: str, name: str | None = None) -> ToyRun:
        build = open_build(toy_config(*settings), store, name)
        return ToyRun(build, Planner(build))

    return opened


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture(scope="session")
def two_gpus() -> Iterator[None]:
    """A Ray with two cores and two GPUs that are only said to be there."""
    if ray.is_initialized():
        yield
        return
    os.environ["RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO"] = "0"
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    ray.init(
        address="local", num_cpus=2, num_gpus=2, include_dashboard=False, log_to_driver=False, object_store_memory=2**28
    )
    yield
    ray.shutdown()


@dataclass(frozen=True)
class S3Server:
    """An S3 server on this machine; `honours` says whether it decides races by conditional create."""

    endpoint: str
    honours: bool


@pytest.fixture(scope="session")
def moto_server() -> Iterator[S3Server]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield S3Server(f"http://{host}:{port}", honours=True)
    server.stop()


@pytest.fixture(scope="session")
def rclone_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """`rclone serve s3` in a process of its own, with keys; it ignores conditional create."""
    binary = Path(sys.executable).parent / "rclone"
    if not binary.exists():
        pytest.skip("no rclone beside the interpreter: install the extra 'test'")
    root = tmp_path_factory.mktemp("rclone")
    (root / "bucket").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(binary), "serve", "s3", "--auth-key", ",".join(KEYS), "--addr", f"127.0.0.1:{port}", str(root)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield S3Server(f"http://127.0.0.1:{port}", honours=False)
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, "rclone ended at once"
        time.sleep(0.05)
    raise AssertionError("rclone does not answer")


@pytest.fixture(params=["moto", "rclone"])
def s3(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """Each S3 server in turn, with the usual AWS variables set for it and a bucket named `bucket`."""
    server: S3Server = request.getfixturevalue(f"{request.param}_server")
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEYS[0])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", KEYS[1])
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    if request.param == "moto":
        import s3fs

        filesystem = s3fs.S3FileSystem(endpoint_url=server.endpoint, skip_instance_cache=True)
        if not filesystem.exists("bucket"):
            filesystem.mkdir("bucket")
    return server
