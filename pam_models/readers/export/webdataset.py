"""WebDataset shards: for each row `<clip>_<frame>_<side>.jpg` and `.json` with its labels, hands as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np

from pam_models.media.encoding import encode_jpeg
from pam_models.readers.export.configuration import WebDatasetOptions
from pam_models.readers.export.job import Files, Notes, Unit, Written
from pam_models.readers.export.source import ExportClip, ExportSource
from pam_models.readers.export.tar_shards import shard_units, tar_bytes
from pam_models.readers.frames import TEXTS
from pam_models.readers.place import Place


class WebDatasetLayout:
    """`<split>-<number>.tar`; labels have the names, shapes and units of the samples table."""

    def __init__(self, options: WebDatasetOptions) -> None:
        self._options = options

    def units(self, source: ExportSource) -> list[Unit]:
        """A shard each."""
        return shard_units(source, self._options.clips_per_tar)

    def write(self, source: ExportSource, unit: Unit) -> Written:
        """One tar. Raises ReadError for a clip that cannot be read."""
        clips = [source.clip(number) for number in unit.clips]
        members = [member for clip in clips for member in self._members(clip)]
        return Written({f"{unit.name}.tar": tar_bytes(members)}, {"rows": len(members) // 2})

    def finish(self, source: ExportSource, notes: Sequence[Notes], destination: Place) -> tuple[Files, list[str]]:
        """Nothing over the shards; the count is said."""
        del source, destination
        return {}, [f"{sum(note['rows'] for note in notes)} samples in {len(notes)} shards"]

    def _members(self, clip: ExportClip) -> Iterator[tuple[str, bytes]]:
        vertices = clip.vertices() if self._options.vertices else None
        for row, picture in enumerate(clip.pictures()):
            labels = {name: _plain(clip.labels[name][row]) for name in clip.labels.dtype.names or ()}
            labels |= {name: clip.ref.facts[name] for name in TEXTS}
            labels["side"] = "right" if clip.is_right[row] else "left"
            if vertices is not None:
                labels["vertices"] = _plain(vertices[row])
            key = f"{clip.clip_id}_{labels['frame']:04d}_{labels['side']}"
            yield f"{key}.jpg", encode_jpeg(picture, self._options.quality)
            yield f"{key}.json", json.dumps(labels, separators=(",", ":"), allow_nan=False).encode()


def _plain(value: np.ndarray) -> object:
    """Plain JSON: seven significant decimals, and null where there is no number."""
    if np.issubdtype(value.dtype, np.floating):
        return None if not np.isfinite(value).all() else np.round(value.astype(np.float64), 7).tolist()
    return value.tolist()
