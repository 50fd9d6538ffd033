"""The flow ``pam-downstream`` with a micro recipe. Each test names the defect that it catches."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import yaml

from flows.downstream import downstream
from pam_models.estimators.compact.configuration import CompactConfig
from pam_models.training import model_tasks
from pam_models.training.estimator import EstimatorTask
from pam_models.training.scenes import is_held_out
from tests.tasks.report.published import publish

TEST_ONE_IN = 7


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The smallest network that has every part, on one thread."""
    tiny = CompactConfig(
        input_size=32, widths=(8, 8, 8, 8), blocks=(0, 0, 0, 0), heatmap_channels=8, joint_features=4, hidden=16
    )

    class Small(EstimatorTask):
        def __init__(self, recipe: object, layout: object) -> None:
            super().__init__(recipe, layout, tiny)  # type: ignore[arg-type]

    monkeypatch.setattr(model_tasks, "EstimatorTask", Small)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("prefect_server")
def test_every_mix_is_trained_and_measured_once(tmp_path: Path) -> None:
    """Catches a mix that trains on the test, one that is trained again, and a report that hides the stand-ins."""
    assert [is_held_out(f"snapshot-pose{number}", TEST_ONE_IN) for number in (0, 1)] == [False, True]
    store, build = publish(tmp_path / "store")
    recipe = tmp_path / "micro.yaml"
    network = {"steps": 2, "batch": 2, "learning_rate": 0.01, "sample_every": 50}
    values = {"name": "micro", "profile": "demo", "fractions": [1.0], "test_one_in": TEST_ONE_IN, "network": network}
    recipe.write_text(yaml.safe_dump({**values, "pictures_per_clip": 3}), encoding="utf-8")
    out = tmp_path / "out"
    files = downstream(str(recipe), store.uri, str(out), build.build_id, build.build_id)
    text = Path(files["markdown"]).read_text(encoding="utf-8")
    assert "| 100 % real |" in text and "| 100 % real + synthetic |" in text and "stands in for the camera" in text
    assert "PA-MPVPE: the compact network answers joints alone" in text and "5.3" in text
    assert Path(files["curve"]).stat().st_size > 3000
    weights = out / "runs" / "real-100-synthetic" / "estimator" / "weights.safetensors"
    before = weights.stat().st_mtime_ns
    assert downstream(str(recipe), store.uri, str(out), build.build_id, build.build_id) == files
    assert weights.stat().st_mtime_ns == before
