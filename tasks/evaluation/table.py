"""The table of an evaluation: one row for each clip, with every number that a clip has by itself."""

from __future__ import annotations

from tasks.tables.table import F32, I32, STRING, STRINGS, Column, Table

MEASURED = (
    Column("psnr_db", F32, "dB", "PSNR against the reference, mean over frames"),
    Column("ssim", F32, "1", "SSIM against the reference, mean over frames"),
    Column("lpips", F32, "1", "LPIPS against the reference, mean over frames"),
    Column("motion_fidelity", F32, "1", "Symmetric motion fidelity against the reference's tracks"),
    Column("flicker_levels", F32, "grey level", "Mean change per frame of pixels that stand still"),
    Column("reference_flicker_levels", F32, "grey level", "The same of the reference"),
    Column("mpjpe_mm", F32, "mm", "Wrist-aligned joint error of the estimator, mean over frames"),
    Column("pa_mpjpe_mm", F32, "mm", "The same after Procrustes alignment"),
    Column("error_2d_px", F32, "px", "Mean distance of the estimated joints in the picture"),
    Column("detected", F32, "1", "Share of frames in which the estimator found a hand"),
    Column("auc", F32, "1", "Area under PCK, 0 to 50 mm, wrist-aligned"),
    Column("acceleration_error_m_s2", F32, "m/s^2", "Acceleration error of the estimated joints"),
    Column("jerk_ratio", F32, "1", "RMS jerk of the estimated joints over that of the known ones"),
    Column("pve_mm", F32, "mm", "Wrist-aligned vertex error, mean over frames"),
    Column("pa_pve_mm", F32, "mm", "The same after Procrustes alignment"),
    Column("f5", F32, "1", "F-score at 5 mm after Procrustes alignment"),
    Column("f15", F32, "1", "F-score at 15 mm after Procrustes alignment"),
)

CLIP_MEASUREMENTS = Table(
    name="evaluation",
    columns=(
        Column("trajectory_id", STRING, "", "The clip's trajectory"),
        Column("video_sha256", STRING, "", "SHA-256 of the clip"),
        Column("reference_sha256", STRING, "", "SHA-256 of the reference clip"),
        Column("num_frames", I32, "frame", "Length"),
        *MEASURED,
        Column("generated_tracks", I32, "1", "Moving tracks of the clip that motion fidelity compared"),
        Column("reference_tracks", I32, "1", "Moving tracks of the reference"),
        Column("unavailable", STRINGS, "", "Metrics that this clip has no number for, each with its reason"),
    ),
)
