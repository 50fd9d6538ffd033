"""A row's numbers out of an evaluation. Each test names the defect that it catches."""

from pathlib import Path

import pytest

from tasks.evaluation.settings import settings_of
from tasks.evaluation.shards import Evaluation
from tasks.evaluation.summary import summarise
from tasks.paper_tables.measured import columns_of, row_values
from tests.tasks.report.published import publish


def test_values_are_those_of_the_evaluation_by_trajectory(tmp_path: Path) -> None:
    """Catches numbers that are paired with another trajectory's, and a column without its network's name."""
    store, build = publish(tmp_path)
    evaluation = Evaluation(store, build.build_id, settings_of(["fvd,psnr"]))
    for shard in evaluation.shards():
        evaluation.measure(shard)
    values = row_values(evaluation, summarise(evaluation))
    assert set(values.of_trajectory["psnr"]) == {"pose0", "pose1"} == set(values.features["fvd"])
    mean = sum(values.of_trajectory["psnr"].values()) / 2
    assert values.results["psnr"].value == pytest.approx(mean)
    columns = columns_of(("fvd", "psnr"), values)
    assert [column.title for column in columns] == ["FVD", "PSNR"] and columns[1].unit == "dB"
    outcome = values.outcome("row", columns, {"psnr": 30.17}, "a note")
    assert outcome.cells["psnr"].paper == 30.17 and outcome.cells["psnr"].n == 2
