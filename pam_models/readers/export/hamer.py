"""HaMeR's training data (formats.md section 4.4): tar shards with `.jpg` and `.data.pyd`, or pictures and one npz.

Hands are as they are (HaMeR mirrors left ones itself, by `right` = 0). Poses and shapes are stated as known only for
MANO: the free hand's parameters would mean another posture there.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from pam_models.media.encoding import encode_jpeg
from pam_models.readers.export.camera_axes import in_camera
from pam_models.readers.export.configuration import HamerOptions
from pam_models.readers.export.job import Files, Notes, Unit, Written
from pam_models.readers.export.source import ExportClip, ExportSource
from pam_models.readers.export.tar_shards import shard_units, tar_bytes
from pam_models.readers.place import Place

BOX_UNIT_PX = 200.0
PICKLE_PROTOCOL = 4


class HamerLayout:
    """`<split>-<number>.tar`, or `images/` and `<split>.npz`."""

    def __init__(self, options: HamerOptions) -> None:
        self._options = options

    def units(self, source: ExportSource) -> list[Unit]:
        """A shard each, or a clip each."""
        return shard_units(source, self._options.clips_per_tar if self._options.files == "tar" else 1)

    def write(self, source: ExportSource, unit: Unit) -> Written:
        """One tar, or one clip's pictures. Raises ReadError for a clip that cannot be read."""
        clips = [source.clip(number) for number in unit.clips]
        notes = {"rows": sum(len(clip.labels) for clip in clips), "mano": all(clip.is_mano for clip in clips)}
        if self._options.files == "npz":
            return Written({name: data for clip in clips for name, data in self._pictures(clip)}, notes)
        members: list[tuple[str, bytes]] = []
        for clip in clips:
            columns = hamer_columns(clip)
            for row, (name, data) in enumerate(self._pictures(clip)):
                key = name.removeprefix("images/").removesuffix(".jpg").replace("/", "_")
                members.append((f"{key}.jpg", data))
                members.append((f"{key}.data.pyd", _pickled(columns, row)))
        return Written({f"{unit.name}.tar": tar_bytes(members)}, notes)

    def finish(self, source: ExportSource, notes: Sequence[Notes], destination: Place) -> tuple[Files, list[str]]:
        """The npz of each split, where they are asked for."""
        del destination
        messages = [f"{sum(note['rows'] for note in notes)} samples"]
        if not all(note["mano"] for note in notes):
            messages.append("the hand is not MANO's: has_hand_pose and has_betas are 0, keypoints are exact")
        return (_npz_files(source) if self._options.files == "npz" else {}), messages

    def _pictures(self, clip: ExportClip) -> Iterator[tuple[str, bytes]]:
        for row, picture in enumerate(clip.pictures()):
            yield picture_name(clip, row), encode_jpeg(picture, self._options.quality)


def picture_name(clip: ExportClip, row: int) -> str:
    """Where a row's picture lies."""
    side = "right" if clip.is_right[row] else "left"
    return f"images/{clip.clip_id}/{clip.labels['frame'][row]:04d}_{side}.jpg"


def hamer_columns(clip: ExportClip) -> dict[str, np.ndarray]:
    """HaMeR's columns for N rows: boxes (pixels) around the 21 joints, keypoints with confidence 1, poses in camera
    axes.
    """
    labels, count = clip.labels, len(clip.labels)
    low, high = labels["uv"].min(axis=1), labels["uv"].max(axis=1)
    hand = in_camera(labels, clip.wrist_rest())
    sure = np.ones((count, 21, 1), np.float32)
    known = np.full(count, float(clip.is_mano), np.float32)
    return {
        "center": ((low + high) / 2).astype(np.float32),
        "scale": (high - low).astype(np.float32),
        "right": clip.is_right.astype(np.float32),
        "hand_pose": hand.pose_flat,
        "has_hand_pose": known,
        "betas": hand.betas,
        "has_betas": known,
        "hand_keypoints_2d": np.concatenate([labels["uv"], sure], axis=2),
        "hand_keypoints_3d": np.concatenate([labels["xyz"], sure], axis=2),
    }


def _pickled(columns: dict[str, np.ndarray], row: int) -> bytes:
    """The list of one dictionary that HaMeR unpickles; boxes in its unit of 200 pixels."""
    names = {"hand_keypoints_2d": "keypoints_2d", "hand_keypoints_3d": "keypoints_3d"}
    sample: dict[str, Any] = {names.get(name, name): np.array(column[row]) for name, column in columns.items()}
    sample["scale"] = sample["scale"] / np.float32(BOX_UNIT_PX)
    for name in ("right", "has_hand_pose", "has_betas"):
        sample[name] = float(sample[name])
    sample["extra_info"] = {}
    return pickle.dumps([sample], protocol=PICKLE_PROTOCOL)


def _npz_files(source: ExportSource) -> Files:
    by_split: dict[str, list[ExportClip]] = {}
    for number in range(source.num_clips):
        clip = source.clip(number)
        by_split.setdefault(clip.split, []).append(clip)
    files: Files = {}
    for split, clips in sorted(by_split.items()):
        columns = [hamer_columns(clip) for clip in clips]
        arrays = {name: np.concatenate([one[name] for one in columns]) for name in columns[0]}
        names = np.array([picture_name(clip, row) for clip in clips for row in range(len(clip.labels))])
        sink = io.BytesIO()
        np.savez(sink, imgname=names, **arrays)  # type: ignore[arg-type]
        files[f"{split}.npz"] = sink.getvalue()
    return files
