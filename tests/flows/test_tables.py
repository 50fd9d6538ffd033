"""The flow ``pam-tables`` over a made-up build. Each test names the defect that it catches."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import flows.tables
from flows.tables import tables
from tasks.errors import ConfigError
from tasks.paper_tables import definition
from tests.tasks.report.published import publish

TABLE: dict[str, Any] = {
    "title": "Made up",
    "source": "nowhere",
    "metrics": ["psnr"],
    "trainings": {"own": {"settings": ["motion.steps=1"]}},
    "rows": [
        {"name": "clean", "paper": {"psnr": 30.0}},
        {"name": "noisy", "settings": ["conditions.noise.depth=0.25"]},
        {"name": "mine", "settings": ["pose.path={graspxl}"]},
        {"name": "trained", "training": "own"},
        {"name": "never", "absent": "nobody can"},
    ],
    "claims": [{"says": "clean is better", "contrast": {"clean": 1, "noisy": -1}, "metrics": ["psnr"]}],
}


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """A table of a few rows, and builds that are there already; what was asked of them."""
    scale = (definition.FOLDER / "scale-demo.yaml").read_text(encoding="utf-8")
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "scale-demo.yaml").write_text(scale, encoding="utf-8")
    (folder / "table-9.yaml").write_text(yaml.safe_dump(TABLE), encoding="utf-8")
    monkeypatch.setattr(definition, "FOLDER", folder)
    store, build = publish(tmp_path / "store")
    settings: list[list[str]] = []

    def generate(profile: str, config: None, given: list[str], address: str) -> SimpleNamespace:
        assert (profile, address) == ("demo", store.uri)
        settings.append(given)
        return SimpleNamespace(build_id=build.build_id)

    monkeypatch.setattr(flows.tables, "generate", generate)
    return settings


@pytest.mark.usefixtures("prefect_server")
def test_a_row_that_cannot_be_computed_does_not_stop_the_others(asked: list[list[str]], tmp_path: Path) -> None:
    """Catches a missing file of the user's that costs the whole table, and a reason that is lost."""
    (tmp_path / "no-run").mkdir()
    files = tables("9", "demo", str(tmp_path / "store"), str(tmp_path / "out"), str(tmp_path / "no-run"))
    text = Path(files["markdown"]).read_text(encoding="utf-8")
    assert len(asked) == 2 and "conditions.noise.depth=0.25" in asked[1] and "appearance.model=given" in asked[0]
    assert "| clean |" in text and "| 30 |" in text
    assert "mine, PSNR: needs --input graspxl=PATH" in text and "never, PSNR: nobody can" in text
    assert "trained, PSNR: training own: --training" in text and "holds no scenes" in text
    assert "needs at least 3 trajectories" in text
    assert Path(files["plot"]).stat().st_size > 5000


def test_an_unknown_table_is_refused(asked: list[list[str]]) -> None:
    """Catches an empty table in place of an error."""
    del asked
    with pytest.raises(ConfigError, match="table 77: there is none; there are 9"):
        flows.tables.requested("77", "demo", {}, [], [], None, "cpu")
