"""The flow ``pam-evaluate``. Each test names the defect that it catches."""

from pathlib import Path

import pytest

from flows.evaluate import evaluate
from tests.tasks.report.published import publish


@pytest.mark.usefixtures("prefect_server")
def test_the_flow_measures_and_resumes(tmp_path: Path) -> None:
    """Catches a flow that Prefect refuses, and one that names its evaluation anew each time."""
    store, build = publish(tmp_path)
    first = evaluate(build.build_id, store.uri, metrics=["psnr"])
    assert (first.clips, first.failed) == (2, 0) and Path(first.table).exists()
    assert evaluate(build.build_id, store.uri, metrics=["psnr"]) == first
