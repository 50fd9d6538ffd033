"""Which clips of a build are evaluated, and what is known of their trajectories."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from tasks.report.reading import PublishedBuild
from tasks.rows import rows_of
from tasks.snapshot import PartEntry
from tasks.stage import Row

CLIP_COLUMNS = ("item_id", "status", "trajectory_id", "candidate_id", "num_frames", "fps", "video_uri", "video_sha256")
TRAJECTORY_COLUMNS = (
    "item_id", "num_frames", "fps", "side", "K", "T_world_cam", "width", "height", "joints_world_m", "object_pose",
    "pose_flat", "betas", "transl", "hand_model", "hand_sha256", "object_class_id", "table_height_m",
    "maps_uri", "maps_sha256", "preview_uri", "preview_sha256", "object_mesh_uri", "object_mesh_sha256",
)  # fmt: skip


@dataclass(frozen=True)
class ClipRef:
    """One clip of a build: its ids, its length, and where its bytes lie."""

    clip_id: str
    trajectory_id: str
    candidate_id: str
    num_frames: int
    fps: float
    uri: str
    sha256: str


def kept_clips(published: PublishedBuild) -> Iterator[ClipRef]:
    """The finished clips of a build in the order of its snapshot, without those that a cut over clips dropped.

    Raises StoreError or TableError for a part that is missing or altered.
    """
    dropped: set[str] = set()
    for table in published.tables("select-clips", ("target_id", "kept")):
        dropped.update(table.filter(pc.invert(table.column("kept"))).column("target_id").to_pylist())
    for table in published.tables("video", CLIP_COLUMNS):
        for row in rows_of(table.filter(pc.equal(table.column("status"), "ok"))):
            if row["item_id"] not in dropped:
                yield ClipRef(
                    row["item_id"],
                    row["trajectory_id"],
                    row["candidate_id"],
                    int(row["num_frames"]),
                    float(row["fps"]),
                    row["video_uri"],
                    row["video_sha256"],
                )


class Trajectories:
    """Whole rows of trajectories by id, a few parts' worth at a time."""

    def __init__(self, published: PublishedBuild) -> None:
        """Reads the ids of every part. Raises StoreError or TableError for one that is missing or altered."""
        self._published = published
        self._part_of: dict[str, PartEntry] = {}
        for entry in published.snapshot.steps.get("pose", ()):
            for identity in published.table(entry, ("item_id",)).column("item_id").to_pylist():
                self._part_of[identity] = entry

    def rows(self, wanted: Sequence[str]) -> dict[str, Row]:
        """The rows of these trajectories; ids that the build does not have are left out."""
        parts: dict[str, tuple[PartEntry, list[str]]] = {}
        for identity in dict.fromkeys(wanted):
            entry = self._part_of.get(identity)
            if entry is not None:
                parts.setdefault(entry.path, (entry, []))[1].append(identity)
        found: dict[str, Row] = {}
        for entry, ids in parts.values():
            table = self._published.table(entry, TRAJECTORY_COLUMNS)
            chosen = table.filter(pc.is_in(table.column("item_id"), value_set=pa.array(ids)))
            found.update((row["item_id"], row) for row in rows_of(chosen))
        return found
