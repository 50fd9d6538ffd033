"""A build around models that wait. Each test names the defect that it catches."""

from pathlib import Path

import pytest

from flows.simulate import machine_settings, print_prediction, simulate_here
from tasks.build import build_ids
from tasks.config import load_config
from tasks.store import Store
from tasks.trace import Business


def test_the_machine_has_a_worker_on_each_gpu() -> None:
    """Catches a simulation of eight GPUs on which one works, and one without room for its own workers."""
    config = load_config("paper")
    told = dict(setting.split("=") for setting in machine_settings(config, 8))
    assert {told[f"execution.stages.{name}.actors"] for name in ("appearance", "score", "video")} == {"8"}
    assert (told["execution.num_gpus"], told["execution.gpu_memory_gib"]) == ("8", "96.0")
    assert int(told["execution.num_cpus"]) >= 8 + 8 * 2 * 4 + 4
    given = load_config("paper", None, ["execution.gpu_memory_gib=141"])
    assert not any("gpu_memory_gib" in setting for setting in machine_settings(given, 8))


def test_a_prediction_is_in_real_time(capsys: pytest.CaptureFixture[str]) -> None:
    """Catches scaled seconds that are told as real ones."""
    print_prediction(Business(8, 10.0, 82.0, 400.0), 100.0)
    print_prediction(None, 100.0)
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("Predicted: 2 h 00 min on 8 GPUs (16 GPU-hours), busy 69.4% of the time")
    assert "No step" in second


@pytest.mark.slow
@pytest.mark.usefixtures("prefect_server")
def test_the_real_flow_runs_without_a_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Catches a simulation that needs weights, MANO or a GPU, and a flow that a simulated row breaks."""
    settings = ["pose.trajectories=2", "appearance.candidates=4", "frames=5", "execution.executor=inline"]
    store = str(tmp_path / "store")
    found = simulate_here("paper", None, [*settings, "video.clips_per_trajectory=1"], store, 2, 1e5)
    assert found is not None and 0 < found.share <= 1
    assert len(build_ids(Store(store))) == 1
    assert "Predicted:" in capsys.readouterr().out
