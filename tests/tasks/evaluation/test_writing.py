"""Results on disk. Each test says which defect it would catch."""

import json
from pathlib import Path

import pyarrow.parquet as pq

from tasks.build import Build
from tasks.evaluation.writing import figures
from tasks.store import Store
from tests.tasks.evaluation.conftest import SteadyEstimator, run


def test_three_files_say_the_same(made_up: tuple[Store, Build], steady: type[SteadyEstimator]) -> None:
    """Catches a table that leaves out what has no number."""
    done = run(*made_up, "psnr", "pve")
    folder = Path(done.path).parent
    rows = pq.read_table(folder / "results.parquet").to_pylist()
    assert json.loads((folder / "results.json").read_text())["metrics"] == rows
    text = (folder / "results.md").read_text()
    assert all(row["metric"] in text and row["protocol"] in text for row in rows)
    assert "not computed: the estimator answers with joints and no vertices" in text
    assert str(folder.parents[3]) not in text + (folder / "results.json").read_text()


def test_figures_are_for_reading() -> None:
    """Catches a float's seventeen digits."""
    assert [figures(value) for value in (0.0, 8.27213, 123456789.0, 0.041961)] == ["0", "8.272", "1.235e+08", "0.04196"]
