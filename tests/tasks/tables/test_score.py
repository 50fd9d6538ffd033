"""The tables of estimates."""

import math

import pytest

from tasks.errors import TableError
from tasks.tables.lineage import Lineage
from tasks.tables.parts import read_part, write_part
from tasks.tables.score import CANDIDATE_SCORES, CLIP_SCORES
from tests.tasks.tables.conftest import common


def test_a_missing_hand_is_null_and_never_nan(lineage: Lineage) -> None:
    """Catches NaN as a score: comparisons with it are false, and a cut would keep it."""
    row = common("a", mpjpe_mm=None, detected=False)
    assert read_part(write_part(CANDIDATE_SCORES, [row], lineage), "x").table["mpjpe_mm"].to_pylist() == [None]
    with pytest.raises(TableError, match="mpjpe_mm is nan"):
        write_part(CANDIDATE_SCORES, [row | {"mpjpe_mm": math.nan}], lineage)


def test_clips_carry_what_candidates_do_and_each_frame() -> None:
    """Catches two kinds of estimate that the cut cannot read alike."""
    assert CLIP_SCORES.schema.names[: len(CANDIDATE_SCORES.schema.names)] == CANDIDATE_SCORES.schema.names
    assert {"mpjpe_mm_per_frame", "detected_per_frame", "reference_mpjpe_mm"} <= set(CLIP_SCORES.schema.names)
