"""The tables of decisions."""

from tasks.tables.select import CANDIDATE_DECISIONS, CLIP_DECISIONS


def test_decisions_carry_rank_threshold_scope_and_verdict() -> None:
    """Catches a cut that cannot be checked afterwards."""
    names = {column.name for column in CANDIDATE_DECISIONS.columns}
    assert names == {"target_id", "trajectory_id", "mpjpe_mm", "rank", "threshold_mm", "scope", "kept"}
    assert CLIP_DECISIONS.columns == CANDIDATE_DECISIONS.columns
