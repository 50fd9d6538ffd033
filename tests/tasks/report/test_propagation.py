"""Error propagation. Each test says which defect it would catch."""

import numpy as np
import pytest

from tasks.build import Build
from tasks.report.propagation import QUALITY, flags_of, load_propagation
from tasks.report.reading import PublishedBuild
from tasks.store import Store
from tests.tasks.report.published import CANDIDATES, candidate_error


def test_every_trajectory_stands_against_its_own_errors(published: tuple[Store, Build]) -> None:
    """Catches errors of another trajectory, missing hands that count, and failed rows that are read."""
    store, build = published
    found = load_propagation(PublishedBuild(store, build.build_id))
    first = [candidate_error(0, i) for i in range(CANDIDATES - 1)]
    second = [error for i in range(CANDIDATES) if (error := candidate_error(1, i)) is not None]
    assert found.candidate_mm == pytest.approx([np.mean([e for e in first if e is not None]), np.mean(second)])
    assert found.clip_mm == pytest.approx([18.0, 19.0])
    slip = next(relation for relation in found.relations if relation.column == "slip_mm")
    assert slip.values == pytest.approx([1.5, 2.5]) and slip.unit == "mm"
    assert slip.clips.reason == "needs at least 3 pairs, there are 2"


def test_quality_columns_are_those_of_the_table() -> None:
    """Catches a new quality column that the report never shows, and columns that are no quality."""
    names = {column.name for column in QUALITY}
    assert {"penetration_mm_max", "slip_mm", "contact_ratio", "jerk_m_s3", "lifted"} <= names
    assert not names & {"fps", "source_fps", "table_height_m", "pose_is_approximate"}


def test_flags_compare_those_with_a_fault_to_the_others() -> None:
    """Catches a limit on the wrong side, and an interval of the wrong sign: deep ones err by 10 mm more."""
    deep = np.array([20.0, 30.0, 25.0, 1.0, 2.0, 0.5, np.nan])
    contact = np.array([0.1, 0.95, 0.9, 0.9, 1.0, 0.95, 0.9])
    errors = np.array([30.0, 31.0, 32.0, 20.0, 21.0, 22.0, 20.0])
    found = {flag.name: flag for flag in flags_of({"penetration_mm_max": deep, "contact_ratio": contact}, errors)}
    one = found["interpenetration"]
    assert (one.flagged, one.unflagged) == (3, 4)
    assert one.flagged_mm == pytest.approx(31.0) and one.unflagged_mm == pytest.approx(20.75)
    assert one.low is not None and one.high is not None and 5 < one.low < 10.25 < one.high < 15
    assert found["missing contact"].flagged == 1 and found["missing contact"].low is None
    assert set(found) == {"interpenetration", "missing contact"}
