"""Splits and names of DexYCB, by the table of formats.md section 6.2."""

from pathlib import Path

import pytest

from pam_models.conditions.appearance_style import OBJECT_WORDS
from pam_models.pose.source import BadInput
from pam_models.pose.sources.dexycb_layout import (
    YCB_CLASSES,
    SequenceFolder,
    Setup,
    Split,
    cameras_in_split,
    in_split,
    sequences,
    views,
    word_of,
)

ALL = [SequenceFolder(subject, index, f"{subject}/{index}") for subject in range(1, 11) for index in range(100)]
CAMERAS = [str(n) for n in range(8)]


def count(setup: Setup, split: Split) -> int:
    cameras = cameras_in_split(CAMERAS[::-1], setup, split)
    return sum(in_split(sequence, setup, split) for sequence in ALL) * len(cameras)


@pytest.mark.parametrize(
    ("setup", "train", "val", "test"),
    [("s0", 6400, 320, 1280), ("s1", 5600, 800, 1600), ("s2", 6000, 1000, 1000), ("s3", 6000, 800, 1200)],
)
def test_every_setup_divides_the_8000_videos(setup: Setup, train: int, val: int, test: int) -> None:
    """Catches a sequence on two sides, and s0's val and test that do not add up to the paper's 1600 videos."""
    assert (count(setup, "train"), count(setup, "val"), count(setup, "test")) == (train, val, test)
    if setup != "s2":
        for sequence in ALL:
            assert sum(in_split(sequence, setup, split) for split in ("train", "val", "test")) == 1


def test_the_splits_are_the_published_ones() -> None:
    """Catches subjects, sequences or cameras of one setup's test set that another would train on."""
    assert {s.subject for s in ALL if in_split(s, "s0", "val")} == {1, 2}
    assert {s.index % 5 for s in ALL if in_split(s, "s0", "test")} == {4}
    assert {s.subject for s in ALL if in_split(s, "s1", "test")} == {8, 9}
    assert {s.subject for s in ALL if in_split(s, "s1", "val")} == {7}
    assert {s.index // 5 for s in ALL if in_split(s, "s3", "test")} == {7, 11, 15}
    assert {s.index // 5 for s in ALL if in_split(s, "s3", "val")} == {3, 19}
    assert cameras_in_split(CAMERAS[::-1], "s2", "train") == CAMERAS[:6]
    assert cameras_in_split(CAMERAS, "s2", "val") == ["6"] and cameras_in_split(CAMERAS, "s2", "test") == ["7"]
    assert cameras_in_split(CAMERAS, "s0", "test") == CAMERAS


def test_classes_are_the_palettes() -> None:
    """Catches a shifted class id, which would colour every object wrongly, and words that no prompt knows."""
    assert list(YCB_CLASSES) == list(range(1, 22))
    named = {1: "002_master_chef_can", 10: "011_banana", 14: "025_mug", 19: "051_large_clamp", 21: "061_foam_brick"}
    assert {number: YCB_CLASSES[number] for number in named} == named
    assert {word_of(number) for number in YCB_CLASSES} <= set(OBJECT_WORDS)
    assert [word_of(number) for number in (2, 5, 6, 13, 14, 15)] == ["box", "bottle", "can", "bowl", "mug", "tool"]


def test_views_go_round_and_name_every_pair_once() -> None:
    """Catches a small build that sees one recording eight times and no other."""
    pairs = list(views([("a", ["1", "2", "3"]), ("b", ["1", "2", "3"])]))
    assert pairs[:2] == [("a", "1"), ("b", "2")]
    assert len(set(pairs)) == len(pairs) == 6
    assert list(views([])) == []


def test_folders_are_found_by_name_and_others_left_alone(tmp_path: Path) -> None:
    """Catches calibration or models taken for a subject, and an index that follows the disk's order."""
    for name in ("20200813_150000", "20200813_140000", "notes"):
        (tmp_path / "20200813-subject-02" / name).mkdir(parents=True)
    (tmp_path / "calibration").mkdir()
    found = sequences(tmp_path)
    assert [(one.subject, one.index, one.name[-6:]) for one in found] == [(2, 0, "140000"), (2, 1, "150000")]
    with pytest.raises(BadInput, match="YYYYMMDD-subject-NN"):
        sequences(tmp_path / "none")
