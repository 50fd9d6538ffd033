"""Folders with a bound that holds over processes, and what gives way in them."""

import os
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import pytest

from pam_models.readers.cache import BoundedFolder, CacheConfig, _Making, default_folder


def admit_many(root: Path, limit: int, worker: int) -> int:
    folder = BoundedFolder(root, limit)
    return sum(folder.admit(f"{worker}-{number}", [bytes(100)]) for number in range(40))


def test_the_bound_holds_over_processes(tmp_path: Path) -> None:
    """Catches workers that each fill the bound by themselves, and a count that forgets files in the making."""
    with ProcessPoolExecutor(3, mp_context=get_context("spawn")) as pool:
        admitted = list(pool.map(partial(admit_many, tmp_path, 5000), range(3)))
    assert BoundedFolder(tmp_path, 5000).total_bytes() == 5000
    assert sum(admitted) >= 50


def test_what_was_not_read_in_this_run_gives_way(tmp_path: Path) -> None:
    """Catches a cache that old builds fill for ever, and one that drops what this run still reads in turn."""
    old = BoundedFolder(tmp_path, 300)
    for name in "abc":
        assert old.admit(name, [bytes(100)])
        os.utime(tmp_path / name, (time.time() - 100 + ord(name), time.time() - 1000 + ord(name)))
    new = BoundedFolder(tmp_path, 300)
    assert new.find("a") is not None
    assert new.admit("d", [bytes(100)])
    assert (new.find("b"), new.find("c") is not None) == (None, True)
    assert new.admit("e", [bytes(100)]) is False


def test_too_large_or_turned_off_keeps_nothing(tmp_path: Path) -> None:
    """Catches a folder that is made, or a file beyond the bound, where nothing is to be kept."""
    assert BoundedFolder(tmp_path / "off", 0).admit("a", [b"x"]) is False
    assert BoundedFolder(tmp_path / "off", 10).admit("a", [bytes(11)]) is False
    assert not (tmp_path / "off").exists()


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """Catches training that ends because a disk is full or read-only."""
    (tmp_path / "file").write_text("")
    assert BoundedFolder(tmp_path / "file" / "below", 100).admit("a", [b"x"]) is False


def test_a_wrong_count_is_mended(tmp_path: Path) -> None:
    """Catches a bound that stays wrong after a process was killed between writing and counting."""
    BoundedFolder(tmp_path, 300).admit("a", [bytes(100)])
    (tmp_path / ".bytes").write_bytes(b"%020d" % 10**9)
    assert BoundedFolder(tmp_path, 300).admit("b", [bytes(100)])


def test_a_file_in_the_making_counts(tmp_path: Path) -> None:
    """Catches a second process that counts anew, and fills the bound beside what the first one is writing."""
    making = _Making(tmp_path, "large", 250)
    other = BoundedFolder(tmp_path, 300)
    assert other.admit("a", [bytes(100)]) is False
    assert other.admit("b", [bytes(50)])
    making.end(tmp_path / "large")
    assert BoundedFolder(tmp_path, 300).total_bytes() == 300


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    """Catches half-made files that fill the disk, outside of every count, for ever."""
    (tmp_path / ".large.1.1.tmp").write_bytes(bytes(250))
    assert BoundedFolder(tmp_path, 300).admit("a", [bytes(300)])
    assert sorted(path.name for path in tmp_path.iterdir()) == [".bytes", "a"]


def test_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Catches a cache that ignores the user's choice."""
    monkeypatch.setenv("PAM_CACHE", str(tmp_path / "mine"))
    assert default_folder() == tmp_path / "mine"
    monkeypatch.delenv("PAM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert CacheConfig().folder == tmp_path / "pam"
    with pytest.raises(ValueError, match="0 or more"):
        CacheConfig(tmp_path, -1)
