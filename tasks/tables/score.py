"""The tables of estimates: how far an estimator's hand is from the known one, for candidates and for clips."""

from tasks.tables.table import BOOL, BOOLS, F32, F32S, STRING, Column, Table

_ESTIMATE = (
    Column("target_id", STRING, "", "The picture or clip that was looked at"),
    Column("trajectory_id", STRING, "", "Its trajectory"),
    Column("mpjpe_mm", F32, "mm", "Mean per-joint position error, wrist-aligned; null where no hand was found"),
    Column("pa_mpjpe_mm", F32, "mm", "The same after Procrustes alignment"),
    Column("error_2d_px", F32, "px", "Mean distance of the joints in the picture"),
    Column("detected", BOOL, "", "Whether the estimator found a hand; for a clip, in at least half of its frames"),
    Column("confidence", F32, "1", "The estimator's confidence, 0 to 1; for a clip, the mean"),
    Column("estimator_id", STRING, "", "Estimator and revision"),
)

CANDIDATE_SCORES = Table(name="score-candidates", columns=_ESTIMATE)

CLIP_SCORES = Table(
    name="score-clips",
    columns=(
        *_ESTIMATE,
        Column("mpjpe_mm_per_frame", F32S, "mm", "mpjpe_mm of each frame", "T"),
        Column("pa_mpjpe_mm_per_frame", F32S, "mm", "pa_mpjpe_mm of each frame", "T"),
        Column("error_2d_px_per_frame", F32S, "px", "error_2d_px of each frame", "T"),
        Column("detected_per_frame", BOOLS, "", "Whether a hand was found in each frame", "T"),
        Column(
            "reference_mpjpe_mm",
            F32,
            "mm",
            "mpjpe_mm of the same estimator on the renderer's own frames of the trajectory",
        ),
    ),
)
