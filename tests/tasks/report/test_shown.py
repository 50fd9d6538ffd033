"""tasks/report/shown.py: rows of eight tables meet in the right trajectory."""

import numpy as np
import pytest

from tasks.build import Build
from tasks.report import shown as shown_module
from tasks.report.data import Trajectory
from tasks.report.reading import PublishedBuild
from tasks.report.shown import quality_of, shown_trajectories
from tasks.scene import camera_of
from tasks.store import Store


@pytest.fixture(scope="module")
def trajectories(published: tuple[Store, Build]) -> tuple[Trajectory, ...]:
    return shown_trajectories(PublishedBuild(published[0], "made-up"))


def test_failed_trajectories_are_not_shown(trajectories: tuple[Trajectory, ...]) -> None:
    """Catches a failed row, whose columns are null, taken for a trajectory."""
    assert [one.quality.trajectory_id for one in trajectories] == ["pose0", "pose1"]
    assert trajectories[1].notes == ("hands_mean is unknown",)
    assert trajectories[0].phase == ("reach",) * 4 + ("lift",) * 5


def test_candidates_carry_score_rank_and_fate(trajectories: tuple[Trajectory, ...]) -> None:
    """Catches a join over the wrong id: scores and decisions are found by the picture, not by their own row."""
    first, second = (one.candidates for one in trajectories)
    assert [one.mpjpe_mm for one in first] == [10, 11, 12, 13, 14, None]
    assert [one.rank for one in first] == [0, 1, 2, 4, 6 - 1, None]
    assert first[5].failure == "RuntimeError: nan in latents"
    assert [one.kept for one in second] == [True, True, True, True, False, False]
    assert (second[5].detected, second[5].mpjpe_mm, second[5].failure) == (False, None, None)


def test_known_joints_are_projected_by_the_row(
    published: tuple[Store, Build], trajectories: tuple[Trajectory, ...]
) -> None:
    """Catches joints in world axes, transposed matrices, and another trajectory's camera."""
    table = next(
        PublishedBuild(published[0], "made-up").tables(
            "pose", ("joints_world_m", "K", "T_world_cam", "width", "height")
        )
    )
    row = table.to_pylist()[1]
    world = np.reshape(row["joints_world_m"], (9, 21, 3))
    assert np.allclose(trajectories[0].joints_px, camera_of(row).project(world))
    assert (trajectories[0].joints_px > 0).all()
    assert (trajectories[0].joints_px < 144).all()


def test_clips_carry_their_scores(trajectories: tuple[Trajectory, ...]) -> None:
    """Catches exchanged clips and per-frame lists of another clip."""
    clip = trajectories[1].clips[0]
    assert (clip.clip_id, clip.candidate_id, clip.reference_mpjpe_mm) == ("clip1", "cand1-0", 10.0)
    assert clip.mpjpe_mm_per_frame.tolist() == [15.0 + frame for frame in range(9)]
    assert clip.detected_per_frame.tolist() == [True] * 8 + [False]


def test_big_builds_are_cut(published: tuple[Store, Build], monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a report that grows with the build."""
    monkeypatch.setattr(shown_module, "MAX_TRAJECTORIES", 1)
    monkeypatch.setattr(shown_module, "MAX_CANDIDATES", 3)
    only = shown_trajectories(PublishedBuild(published[0], "made-up"))
    assert [(one.quality.trajectory_id, len(one.candidates)) for one in only] == [("pose0", 3)]


def test_unknown_quality_is_nan() -> None:
    """Catches float(None) for sources that cannot measure slip."""
    row = dict.fromkeys(
        (
            "slip_mm",
            "lift_height_m",
            "penetration_mm_max",
            "penetration_mm_mean",
            "contact_ratio",
            "jerk_m_s3",
            "visible_fraction",
        )
    )
    text = {
        "item_id": "a",
        "object_word": "mug",
        "source": "s",
        "side": "left",
        "num_frames": 3,
        "lifted": False,
        "pose_is_approximate": None,
    }
    quality = quality_of({**row, **text})
    assert np.isnan(quality.slip_mm)
    assert not quality.pose_is_approximate
