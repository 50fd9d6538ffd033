"""The tables of decisions: which candidates and clips go on, their rank, and the threshold."""

from tasks.tables.table import BOOL, F32, I32, STRING, Column, Table

_DECISION = (
    Column("target_id", STRING, "", "The picture or clip that was decided on"),
    Column("trajectory_id", STRING, "", "Its trajectory"),
    Column("mpjpe_mm", F32, "mm", "Its error; null where no hand was found, which counts as worst"),
    Column("rank", I32, "1", "Place within the scope, 0 is best"),
    Column("threshold_mm", F32, "mm", "Error of the worst that was kept in the scope"),
    Column("scope", STRING, "", "Among whom it was ranked: build or input"),
    Column("kept", BOOL, "", "Whether it goes on"),
)

CANDIDATE_DECISIONS = Table(name="select-candidates", columns=_DECISION)
CLIP_DECISIONS = Table(name="select-clips", columns=_DECISION)
