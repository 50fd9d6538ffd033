"""The table of clips."""

from tasks.tables.video import VIDEO


def test_a_clip_names_its_picture_motion_and_length() -> None:
    """Catches a clip whose labels cannot be found."""
    names = {column.name for column in VIDEO.columns}
    assert {"candidate_id", "trajectory_id", "num_frames", "fps", "video_uri", "prompt", "license_tags"} <= names
    assert VIDEO.media == ("video",)
