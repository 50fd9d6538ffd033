"""The table of clips."""

from tasks.tables.table import F32, I32, LICENSE_TAGS, STRING, Column, Table, media_columns

VIDEO = Table(
    name="video",
    columns=(
        Column("candidate_id", STRING, "", "The candidate whose picture is the first frame"),
        Column("trajectory_id", STRING, "", "The trajectory whose motion is shown"),
        Column("num_frames", I32, "frame", "Length"),
        Column("fps", F32, "frame/s", "Frames per second"),
        Column("width", I32, "px", "Picture width"),
        Column("height", I32, "px", "Picture height"),
        *media_columns("video", "Clip (mp4, H.264, yuv420p)"),
        Column("prompt", STRING, "", "Words the clip was made from"),
        Column("model_id", STRING, "", "Model and revision that made the clip"),
        LICENSE_TAGS,
    ),
    media=("video",),
)
