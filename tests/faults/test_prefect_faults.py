"""Prefect's server that goes away, and a run that is cancelled on its page: with a real server and real processes."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Cancelling

from benchmarks.plain_build import SMALL, simulated_build, work_off
from tasks.build import load_build
from tasks.store import Store
from tests.faults.conftest import INLINE, snapshot_of, undisturbed
from tests.faults.lives import ROOT, marked, wait_for

# Each wait has its own patience; together they may take longer than one test's usual time.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(480)]
SIZE = ("pose.trajectories=4", "appearance.candidates=2")
GENERATE = "from flows.cli import main; main()"
SERVE = "from flows.generate import generate; generate.serve(name='generate', print_starting_message=False)"
GONE_WITHIN_S = 30.0


class PrefectServer:
    """Prefect's server at one address, with one database, however often it is started."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/api"
        self.folder = folder
        self.environment = os.environ | {
            "PREFECT_HOME": str(folder),
            "PREFECT_API_URL": self.url,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_UI_ENABLED": "0",
            "PREFECT_RUNNER_POLL_FREQUENCY": "1",
            "RAY_USAGE_STATS_ENABLED": "0",
        }

    def start(self) -> None:
        """Starts it and waits until it answers."""
        command = [sys.executable, "-m", "flows.prefect_server", str(self.port), str(os.getpid())]
        self._process = self._run(command, "server.txt", self.environment)
        wait_for(self._answers)

    def kill(self) -> None:
        """Ends it without a word."""
        self._process.kill()
        self._process.wait()

    @contextmanager
    def beside(self, code: str, *arguments: str, mark: str) -> Iterator["subprocess.Popen[bytes]"]:
        """A Python process that reports to this server, killed with the block if it still runs."""
        command = [sys.executable, "-c", code, *arguments]
        process = self._run(command, f"{mark}.txt", self.environment | {"PAM_LIFE": mark})
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def words(self, mark: str) -> str:
        """What such a process has printed last."""
        return (self.folder / f"{mark}.txt").read_text()[-3000:]

    def _run(self, command: list[str], log: str, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
        with (self.folder / log).open("ab") as words:
            return subprocess.Popen(command, stdout=words, stderr=subprocess.STDOUT, env=environment, cwd=ROOT)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=5).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    found = PrefectServer(tmp_path_factory.mktemp("prefect"))
    found.start()
    yield found
    found.kill()


@pytest.fixture
def client(server: PrefectServer) -> Iterator[SyncPrefectClient]:
    with temporary_settings({PREFECT_API_URL: server.url}), get_client(sync_client=True) as found:
        yield found


def parts_in(store: Store) -> Callable[[], int]:
    return lambda: sum(1 for _ in Path(store.uri).rglob("*.parquet"))


def state_of(client: SyncPrefectClient, run: FlowRun) -> str:
    state = client.read_flow_run(run.id).state
    assert state is not None
    return state.name


def test_a_server_that_is_gone_holds_nothing_up(
    server: PrefectServer, client: SyncPrefectClient, store: Store, tmp_path: Path
) -> None:
    """Catches GPUs that wait for a progress bar or for leave to begin, and a build that ends with its server."""
    parts, settings = parts_in(store), [*SMALL, *INLINE, *SIZE, "execution.simulation.speed=50"]
    told = [part for setting in settings for part in ("--set", setting)]
    with server.beside(GENERATE, "generate", "--store", store.uri, "--build", "build", *told, mark="outage") as build:
        wait_for(lambda: parts() >= 1 or build.poll() is not None)
        assert parts() < 5, server.words("outage")
        server.kill()
        # Twelve: pose, pictures, their scores and the cut.
        wait_for(lambda: parts() >= 12 or build.poll() is not None)
        assert build.poll() is None, server.words("outage")
        server.start()
        assert build.wait(150) == 0, server.words("outage")
    (run,) = client.read_flow_runs()
    assert state_of(client, run) == "Completed"
    assert snapshot_of(load_build(store, "build")) == undisturbed(Store(str(tmp_path / "undisturbed")), *SIZE)


def test_cancelling_on_the_page_frees_everything_within_seconds(
    server: PrefectServer, client: SyncPrefectClient, store: Store, tmp_path: Path
) -> None:
    """Catches workers that keep the GPUs of a run that was cancelled, a Ray that its last threads start anew, and a
    part that is half there.
    """
    parts, mark = parts_in(store), "cancelled"
    settings = [*SMALL, *SIZE, "execution.num_cpus=4", "execution.simulation.speed=20"]
    with server.beside(SERVE, mark=mark) as serving:
        wait_for(lambda: bool(client.read_deployments()) or serving.poll() is not None)
        (deployment,) = client.read_deployments()
        run = client.create_flow_run_from_deployment(
            deployment.id, parameters={"settings": settings, "store": store.uri, "build": "build"}
        )
        wait_for(lambda: (parts() >= 1 and bool(marked(mark, "StageWorker"))) or serving.poll() is not None)
        assert state_of(client, run) == "Running", server.words(mark)
        client.set_flow_run_state(run.id, Cancelling(), force=True)
        wait_for(lambda: state_of(client, run) == "Cancelled", GONE_WITHIN_S)
        wait_for(lambda: not any(marked(mark, name) for name in ("StageWorker", "raylet", "gcs_server")), GONE_WITHIN_S)
    build = simulated_build(store, *INLINE, *SIZE, name="build")
    assert build.store.find(build.key("snapshot.json")) is None, "it was cancelled at work"
    assert not [path for path in Path(store.uri).rglob("*") if path.is_file() and "tmp" in path.name]
    work_off(build)
    assert snapshot_of(build) == undisturbed(Store(str(tmp_path / "undisturbed")), *SIZE)
