"""Tars that are the same every time, and shards that keep splits apart."""

import io
import tarfile
from pathlib import Path

from pam_models.readers.cache import CacheConfig
from pam_models.readers.export.source import ExportSource
from pam_models.readers.export.tar_shards import shard_units, tar_bytes
from pam_models.readers.frames import ReadConfig
from tests.pam_models.readers.small_build import SmallBuild


def test_members_and_nothing_else() -> None:
    """Catches times and owners, and members in another order."""
    data = tar_bytes([("b.jpg", b"12"), ("a.json", b"345")])
    assert data == tar_bytes([("b.jpg", b"12"), ("a.json", b"345")])
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = tar.getmembers()
        assert [(m.name, m.size, m.mtime, m.uid, m.uname) for m in members] == [
            ("b.jpg", 2, 0, 0, ""), ("a.json", 3, 0, 0, ""),
        ]  # fmt: skip


def test_a_split_is_a_shard_of_its_own(build: SmallBuild, tmp_path: Path) -> None:
    """Catches validation clips in a shard that is trained on."""
    source = ExportSource(build.address, ReadConfig(cache=CacheConfig(tmp_path)))
    units = {unit.name: unit.clips for unit in shard_units(source, 2)}
    assert units == {"test-000000": (4,), "train-000000": (0, 1), "train-000001": (2,), "val-000000": (3,)}
