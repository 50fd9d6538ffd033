"""Evaluations on the page. Each test says which defect it would catch."""

from pathlib import Path

from tasks.report.evaluations import load_evaluations
from tests.tasks.evaluation.conftest import run
from tests.tasks.report.published import publish


def test_what_was_evaluated_is_found_and_damage_left_out(tmp_path: Path) -> None:
    """Catches a report that fails because of one damaged evaluation, or shows none."""
    store, build = publish(tmp_path)
    assert load_evaluations(build) == ()
    run(store, build, "psnr", "pve", name="mine")
    store.replace(build.key("evaluations", "torn", "results.json"), b"{")
    (found,) = load_evaluations(build)
    assert (found.name, found.clips, found.failed) == ("mine", 2, 0)
    assert [row["metric"] for row in found.metrics] == ["psnr_db", "pve_mm"]
    assert found.metrics[0]["value"] > 0 and found.metrics[1]["reason"]
