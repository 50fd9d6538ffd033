"""Which clips are evaluated. Each test says which defect it would catch."""

from tasks.build import Build
from tasks.evaluation.clips import Trajectories, kept_clips
from tasks.report.reading import PublishedBuild
from tasks.store import Store


def test_finished_clips_in_order_with_their_trajectories(made_up: tuple[Store, Build]) -> None:
    """Catches a part that the snapshot does not name, and a trajectory that failed."""
    published = PublishedBuild(made_up[0], made_up[1].build_id)
    clips = list(kept_clips(published))
    assert [(clip.clip_id, clip.trajectory_id) for clip in clips] == [("clip0", "pose0"), ("clip1", "pose1")]
    rows = Trajectories(published).rows(["pose1", "pose0", "nobody"])
    assert set(rows) == {"pose0", "pose1"} and rows["pose1"]["num_frames"] == clips[1].num_frames
