"""Samples in tar files, whose bytes depend on nothing but the samples."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable

from pam_models.readers.export.job import Unit
from pam_models.readers.export.source import ExportSource


def tar_bytes(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A tar with these members in this order: no times, no owners."""
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return sink.getvalue()


def shard_units(source: ExportSource, clips_per_tar: int) -> list[Unit]:
    """Clips of one split together, a few to a shard: train-000000, train-000001, ..."""
    by_split: dict[str, list[int]] = {}
    for number in range(source.num_clips):
        by_split.setdefault(source.clip(number).split, []).append(number)
    return [
        Unit(f"{split}-{start // clips_per_tar:06d}", tuple(numbers[start : start + clips_per_tar]))
        for split, numbers in sorted(by_split.items())
        for start in range(0, len(numbers), clips_per_tar)
    ]
