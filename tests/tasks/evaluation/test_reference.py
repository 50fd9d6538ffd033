"""What clips are compared with. Each test says which defect it would catch."""

from dataclasses import replace
from pathlib import Path

import pytest

from tasks.build import Build
from tasks.errors import ConfigError
from tasks.evaluation.clips import kept_clips
from tasks.evaluation.media import BadMedium
from tasks.evaluation.reference import BuildReference, FolderReference, open_reference
from tasks.report.reading import PublishedBuild
from tasks.store import Store

Made = tuple[Store, Build]


def test_another_builds_clip_is_found_by_candidate_then_by_trajectory(made_up: Made) -> None:
    """Catches ids that match nothing and are paired by position."""
    published = PublishedBuild(made_up[0], made_up[1].build_id)
    reference, (first, second) = BuildReference(published), list(kept_clips(published))
    assert reference.medium(first, {}).sha256 == first.sha256
    assert reference.medium(replace(second, candidate_id="other"), {}).sha256 == second.sha256
    with pytest.raises(BadMedium, match="has 0 clips of trajectory nobody"):
        reference.medium(replace(first, candidate_id="other", trajectory_id="nobody"), {})
    assert reference.unmatched([first]) == ["clip1"]


def test_a_folder_is_told_apart_by_its_content(made_up: Made, tmp_path: Path) -> None:
    """Catches two folders of one name under one evaluation."""
    published = PublishedBuild(made_up[0], made_up[1].build_id)
    identities = set()
    for name, data in (("a", b"1"), ("b", b"2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "clip0.mp4").write_bytes(data)
        identities.add(FolderReference(tmp_path / name).identity())
    assert len(identities) == 2
    assert open_reference(published, None).knows_tracks and not open_reference(published, "made-up").knows_tracks
    with pytest.raises(ConfigError, match="--reference nobody"):
        open_reference(published, "nobody")
