"""What decides a build's id."""

from pathlib import Path

import pytest

from tasks.config.load import load_config
from tasks.config.output import build_id_of, content_fingerprint, output_subset
from tasks.errors import ConfigError


def _id(*assignments: str, profile: str = "demo") -> str:
    return build_id_of(output_subset(load_config(profile, assignments=list(assignments))))


@pytest.mark.parametrize(
    "assignment",
    [
        "execution.executor=inline",
        "execution.stages.video.actors=9",
        "appearance.batch_size=3",
        "execution.max_failed_fraction=0.1",
    ],
)
def test_how_a_build_is_run_leaves_its_id_alone(assignment: str) -> None:
    """Catches a build that begins anew because it was resumed with other workers."""
    assert _id(assignment) == _id()


@pytest.mark.parametrize(
    "assignment",
    [
        "seed=1",
        "fps=10",
        "pose.trajectories=3",
        "appearance.steps=3",
        "select.candidates.drop_fraction=0.5",
        "video.strengths.depth=0.5",
    ],
)
def test_what_a_build_makes_changes_its_id(assignment: str) -> None:
    """Catches two different builds that write into one another."""
    assert _id(assignment) != _id()


def test_content_of_a_folder_counts_and_its_place_does_not(tmp_path: Path) -> None:
    """Catches an id that changes when recordings are moved, or stays when one of them is altered."""
    for name in ("one", "two"):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "a.npy").write_bytes(b"abc")
    paths = [f"pose.path={tmp_path / name}" for name in ("one", "two")]
    assert _id("pose.source=graspxl", paths[0]) == _id("pose.source=graspxl", paths[1])
    (tmp_path / "two" / "deep" / "a.npy").write_bytes(b"abd")
    assert _id("pose.source=graspxl", paths[0]) != _id("pose.source=graspxl", paths[1])


def test_large_files_are_told_apart_by_their_ends(tmp_path: Path) -> None:
    """Catches weights of equal size and equal beginning that count as the same."""
    body = bytes(3 << 20)
    (tmp_path / "w").write_bytes(body)
    before = content_fingerprint(tmp_path / "w")
    (tmp_path / "w").write_bytes(body[:-1] + b"\1")
    assert content_fingerprint(tmp_path / "w") != before


def test_missing_content_is_one_line(tmp_path: Path) -> None:
    """Catches a traceback of the file system."""
    with pytest.raises(ConfigError, match="no such file or folder"):
        content_fingerprint(tmp_path / "gone")


def test_names_of_builds_cannot_leave_their_folder() -> None:
    """Catches a build name that is a path."""
    assert build_id_of({}, "night-1.b") == "night-1.b"
    for name in ("../x", "a/b", "", ".hidden", "x" * 65):
        with pytest.raises(ConfigError, match="--build"):
            build_id_of({}, name)
