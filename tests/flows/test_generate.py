"""The flow on a real Prefect server with toy stages. Each test names the defect that it catches."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun
from prefect.states import State

from flows.generate import BuildSummary, generate, prepare
from tasks.build import build_ids
from tasks.errors import ConfigError, TooManyFailuresError
from tasks.snapshot import read_snapshot
from tasks.store import Store

INLINE = [
    "execution.executor=inline",
    "appearance.candidates=4",
    "execution.stages.appearance.shard_items=5",
    "execution.shard_retries=0",
]

pytestmark = pytest.mark.usefixtures("prefect_server")


def run(store: Path, *settings: str, **others: str) -> BuildSummary:
    return generate(settings=[*INLINE, *settings], store=str(store), **others)


def newest_run() -> FlowRun:
    with get_client(sync_client=True) as client:
        return max(client.read_flow_runs(), key=lambda flow_run: str(flow_run.created))


def artifacts_of(flow_run: FlowRun) -> list[Any]:
    with get_client(sync_client=True) as client:
        wanted = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run.id]))
        return list(client.read_artifacts(artifact_filter=wanted, limit=200))


@pytest.mark.slow
def test_a_build_from_nothing_to_its_snapshot(toy: Any, tmp_path: Path) -> None:
    """Catches a step that is left out, and a page without progress, summary or report."""
    summary = run(tmp_path, build="toy")
    assert summary.counts == {"trajectories": 3, "candidates": 12, "clips": 3, "samples": 9}
    assert summary.report == (tmp_path / "builds/toy/report/index.html").as_uri()
    snapshot = read_snapshot(Store(str(tmp_path)), "toy")
    assert snapshot is not None
    assert snapshot.rows("samples") == 9
    flow_run = newest_run()
    assert flow_run.state is not None and flow_run.state.is_completed()
    found = {artifact.key: artifact for artifact in artifacts_of(flow_run)}
    bars = {key: artifact.data for key, artifact in found.items() if artifact.type == "progress"}
    assert bars == {
        f"pam-progress-{step}": 100.0
        for step in ("pose", "appearance", "score-candidates", "select-candidates", "video", "score-clips", "samples")
    } | {"pam-progress-publish": 100.0}
    assert "**9** samples" in found["pam-summary"].data
    assert summary.report in found["pam-summary"].data
    assert found["pam-summary"].data.count("data:image/png;base64,") == 3
    assert "pam-failures" not in found
    with get_client(sync_client=True) as client:
        shards = client.read_task_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[flow_run.id])))
    assert sum(shard.name.startswith("appearance-") for shard in shards) == 3


def test_running_again_does_nothing_again(toy: Any, tmp_path: Path) -> None:
    """Catches completion that is remembered by Prefect instead of the store: nothing committed may be done twice."""
    first = run(tmp_path)
    toy.opened.clear()
    again = run(tmp_path)
    assert toy.opened == []
    assert again.build_id == first.build_id
    assert again.counts == first.counts
    assert all(
        meter.done == 0 for meter in again.steps if meter.step not in ("publish",) and "select" not in meter.step
    )


@pytest.mark.slow
@pytest.mark.usefixtures("two_gpus")
def test_ray_makes_the_same_build(toy: Any, tmp_path: Path) -> None:
    """Catches rows that depend on the executor, and workers that do not get the GPUs they ask for."""
    gpus = [f"execution.stages.{name}.gpus=0.5" for name in ("appearance", "video")]
    on_ray = generate(settings=[*INLINE[1:], "execution.num_gpus=2", *gpus], store=str(tmp_path / "ray"), build="toy")
    inline = run(tmp_path / "inline", build="toy")
    assert on_ray.counts == inline.counts
    snapshots = [(tmp_path / name / "builds/toy/snapshot.json").read_bytes() for name in ("ray", "inline")]
    assert snapshots[0] == snapshots[1]


def test_a_failed_item_is_listed_and_the_rest_goes_on(toy: Any, tmp_path: Path) -> None:
    """Catches a build that one bad item stops, and a failure that nobody sees."""
    toy.fails = {("pose", "cup-1")}
    summary = run(tmp_path)
    assert summary.counts["trajectories"] == 2
    assert summary.counts["clips"] == 2
    failures = next(artifact for artifact in artifacts_of(newest_run()) if artifact.key == "pam-failures")
    assert "cannot make cup-1" in failures.data
    assert "ValueError" in failures.data


def test_too_many_failures_fail_the_flow_in_one_clear_line(toy: Any, tmp_path: Path) -> None:
    """Catches a build of rubbish that ends as completed, and a failed one without its summary."""
    toy.fails = {("pose", "cup-1"), ("pose", "cup-2")}
    with pytest.raises(TooManyFailuresError, match=r"step pose: 2 of 3 items failed, .*cannot make cup-1"):
        run(tmp_path)
    flow_run = newest_run()
    assert flow_run.state is not None and flow_run.state.is_failed()
    assert "max_failed_fraction allows 0.5" in (flow_run.state.message or "")
    found = {artifact.key: artifact.data for artifact in artifacts_of(flow_run)}
    assert "pam-failures" in found
    assert "Not published yet" in found["pam-summary"]


def test_a_wrong_key_is_refused_before_any_work(toy: Any, tmp_path: Path) -> None:
    """Catches a deployed run that begins a build out of a misspelt setting."""
    state: State[Any] = generate(settings=["pose.trajectorys=1"], store=str(tmp_path), return_state=True)
    assert state.is_failed()
    assert "pose.trajectorys: no such key; did you mean trajectories?" in (state.message or "")
    assert toy.opened == []
    assert build_ids(Store(str(tmp_path))) == ()


def test_a_build_that_exists_goes_on_with_its_own_configuration(toy: Any, tmp_path: Path) -> None:
    """Catches `--build NAME` that silently means another configuration than the build was begun with."""
    opened, _ = prepare(None, None, ["seed=5", *INLINE], str(tmp_path), "mine")
    again, _ = prepare(None, None, ["execution.parallel_shards=1"], str(tmp_path), "mine")
    assert again.subset == opened.subset
    assert again.config.seed == 5
    assert again.config.execution.parallel_shards == 1
    with pytest.raises(ConfigError, match=r"mine: exists with another configuration \(seed was 5 and is now 6\)"):
        prepare(None, None, ["seed=6"], str(tmp_path), "mine")


def test_a_single_writer_store_is_said(toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a store's limit that only a log file knows."""
    create: Callable[..., bool] = Store(str(tmp_path))._backend.create
    monkeypatch.setattr("tasks.store.local.LocalBackend.create", lambda self, key, data: (create(key, data), True)[1])
    _, warned = prepare(None, None, INLINE, str(tmp_path), None)
    assert len(warned) == 1
    assert "ignores conditional create" in warned[0]
