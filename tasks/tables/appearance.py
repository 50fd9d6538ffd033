"""The table of candidates: first-frame pictures of a trajectory."""

from tasks.tables.table import I32, LICENSE_TAGS, STRING, Column, Table, media_columns

APPEARANCE = Table(
    name="appearance",
    columns=(
        Column("trajectory_id", STRING, "", "The trajectory this picture was painted for"),
        Column("index", I32, "1", "Number of the candidate within its trajectory, from 0"),
        Column("prompt", STRING, "", "Words the picture was painted from"),
        *media_columns("image", "Picture (png)"),
        Column("width", I32, "px", "Picture width"),
        Column("height", I32, "px", "Picture height"),
        Column("model_id", STRING, "", "Model and revision that painted the picture"),
        LICENSE_TAGS,
    ),
    media=("image",),
)
