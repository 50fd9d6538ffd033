"""tasks/report/load.py: the figures of the page are those of the tables, over every part."""

import numpy as np
import pytest

from tasks.build import Build
from tasks.report import load as load_module
from tasks.report.data import Failure, ReportData
from tasks.report.load import load_report
from tasks.report.reading import PublishedBuild
from tasks.store import Store
from tests.tasks.report.published import TAGS


@pytest.fixture(scope="module")
def data(published: tuple[Store, Build]) -> ReportData:
    return load_report(PublishedBuild(published[0], "made-up"))


def test_scores_over_both_parts(data: ReportData) -> None:
    """Catches a part left out, null read as nought, and the threshold of another row."""
    errors = data.candidate_scores.mpjpe_mm
    assert np.sort(errors[:-1]).tolist() == [10, 11, 12, 12, 13, 14, 14, 16, 18, 20]
    assert np.isnan(errors[-1])
    assert int(data.candidate_scores.kept.sum()) == 9
    assert data.candidate_scores.threshold_mm == 18.0


def test_clips_reference_and_pairs(data: ReportData) -> None:
    """Catches a first frame paired with another clip."""
    assert data.clip_scores.mpjpe_mm.tolist() == [18.0, 19.0]
    assert data.clip_scores.kept.all()
    assert data.reference_mm.tolist() == [10.0, 10.0]
    assert data.pairs_mm.tolist() == [[10.0, 18.0], [12.0, 19.0]]


def test_failures_with_reasons(data: ReportData) -> None:
    """Catches failures of one step only, and filtered rows counted as failed."""
    assert data.failures[0] == Failure(
        "pose", "pose-bad", "BadInput", "<script>alert(1)</script> robot hand, 22 joints wanted 16", 1
    )
    assert dict(data.failure_groups) == {("pose", "BadInput"): 1, ("appearance", "RuntimeError"): 1}


def test_the_rest(data: ReportData) -> None:
    """Catches counts, licences, splits and approximations that do not reach the page."""
    assert data.num_samples == 18
    assert dict(data.splits) == {"train": 9, "val": 9}
    assert data.num_approximate == 1
    assert data.license_tags == tuple(sorted(TAGS))
    assert [row.trajectory_id for row in data.quality] == ["pose0", "pose1"]
    assert data.profile == "demo"
    assert "trajectories: 2" in data.config_yaml
    assert dict(data.provenance)["code"] == "0.1+abc"
    assert dict(data.provenance)["hand model"].startswith("free (tips ")


def test_huge_sample_tables_are_not_read(published: tuple[Store, Build], monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a report that downloads terabytes of labels to count splits."""
    monkeypatch.setattr(load_module, "MAX_SAMPLES_BYTES", 10)
    assert load_report(PublishedBuild(published[0], "made-up")).splits == {}
