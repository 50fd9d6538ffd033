"""Blocks of frames on disk."""

import os
from pathlib import Path

import numpy as np
import pytest

from pam_models.training.frame_store import BlockCache, block_names, claim_block, load_block
from pam_models.training.layout import RunLayout


def test_a_block_comes_back_as_it_was(layout: RunLayout) -> None:
    """Catches streams in another order and labels that lose frames."""
    block = load_block(layout.pictures, "held-pictures-00000")
    assert len(block) == 8 and block.streams[0] == "rgb"
    assert block.has_hand.tolist() == [True] * 3 + [False] + [True] * 4
    assert block.foreground()[0].sum() == 16 * 16
    with pytest.raises(KeyError, match="not infrared"):
        block.stream("infrared")


def test_a_half_written_block_does_not_count(layout: RunLayout) -> None:
    """Catches training on a file that is still being written: labels come last."""
    (layout.clips / "train-physics-5-v0.frames.npy").write_bytes(b"half")
    assert "train-physics-5-v0" not in block_names(layout.clips)
    assert block_names(layout.clips, "held") == ["held-physics-9-v0"]


def test_touching_a_picture_does_not_change_the_file(layout: RunLayout) -> None:
    """Catches an augmentation that writes through the memory map."""
    block = load_block(layout.clips, "train-physics-0-v0")
    before = int(block.frames[0, 0, 0, 0, 0])
    block.frames[0, 0, 0, 0, 0] = 255 - before
    assert int(load_block(layout.clips, "train-physics-0-v0").frames[0, 0, 0, 0, 0]) == before


def test_a_subset_keeps_frames_and_labels_together(layout: RunLayout) -> None:
    """Catches labels that stay in the old order."""
    block = load_block(layout.pictures, "train-pictures-00000")
    part = block.subset(np.array([5, 2]))
    assert np.array_equal(part.frames[:, 0], block.frames[:, 5])
    assert np.array_equal(part.joints_px[1], block.joints_px[2])


def test_two_processes_do_not_make_the_same_block(tmp_path: Path) -> None:
    """Catches doubled work; and a claim of a process that died, which must not block for ever."""
    assert claim_block(tmp_path, "a")
    assert not claim_block(tmp_path, "a")
    os.utime(tmp_path / "a.claim", (0, 0))
    assert claim_block(tmp_path, "a")


def test_what_is_made_is_not_claimed_again(layout: RunLayout) -> None:
    """Catches rendering anew after a restart."""
    assert not claim_block(layout.clips, "train-physics-0-v0")


def test_a_cache_opens_once(layout: RunLayout) -> None:
    """Catches a file opened for every sample."""
    cache = BlockCache(layout.clips)
    assert cache["train-physics-0-v0"] is cache["train-physics-0-v0"]
