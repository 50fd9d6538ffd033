"""What exporters take from a build: a clip's pictures, labels, hand, object and trajectory facts."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8

from pam_models.hand.model import HandModel
from pam_models.readers.errors import ExportError
from pam_models.readers.frames import BuildFrames, ReadConfig
from pam_models.readers.index import ClipRef, read_part
from pam_models.readers.records import read_rows

POSE_COLUMNS = (
    "item_id", "status", "source", "request_key", "fps", "width", "height", "object_name", "object_word",
    "object_class_id", "object_mesh_uri", "object_mesh_sha256", "table_height_m", "hand_sha256",
)  # fmt: skip


@dataclass(frozen=True)
class ExportClip:
    """The selected rows of one clip: N label records (see `records.LABELS`), and what holds for all of them."""

    source: ExportSource
    number: int
    ref: ClipRef
    labels: np.ndarray
    is_right: Bool[np.ndarray, " N"]

    @property
    def clip_id(self) -> str:
        """The clip's id."""
        return str(self.ref.facts["clip_id"])

    @property
    def split(self) -> str:
        """train, val or test."""
        return str(self.ref.facts["split"])

    @property
    def is_mano(self) -> bool:
        """Whether poses and surfaces are MANO's."""
        return bool(self.ref.facts["hand_model"] == "mano")

    @cached_property
    def trajectory(self) -> Mapping[str, Any]:
        """The row of the clip's trajectory, with the columns `POSE_COLUMNS`."""
        return self.source.trajectory(str(self.ref.facts["trajectory_id"]))

    def pictures(self) -> list[UInt8[np.ndarray, "H W 3"]]:
        """The picture of each row."""
        frames = self.labels["frame"].tolist()
        return self.source.frames.pictures.of_clip(self.ref, frames)

    def vertices(self) -> Float32[np.ndarray, "N V 3"]:
        """The hand's surface in each row, camera axes: as stored, else skinned from the parameters."""
        rows = self.source.frames.index.rows_of(self.number)
        if self.source.frames.index.vertex_files:
            return self.source.frames.index.stored_vertices(rows, self.number)
        return self.source.frames.surfaces.vertices(self.labels, self.is_right, self.ref.facts)

    def hand(self) -> HandModel:
        """The hand model of a clip with one hand."""
        facts = self.ref.facts
        side = "right" if self.is_right[0] else "left"
        return self.source.frames.surfaces.hand(facts["hand_model"], facts["tip_set"], side)

    def wrist_rest(self) -> Float32[np.ndarray, "N 3"]:
        """J0(betas) of each row, which the labels imply: the wrist in the world less the translation."""
        T_world_cam = self.labels["T_world_cam"].astype(np.float64)
        wrist = np.einsum("nij,nj->ni", T_world_cam[:, :3, :3], self.labels["xyz"][:, 0]) + T_world_cam[:, :3, 3]
        return np.asarray((wrist - self.labels["transl"]).astype(np.float32))

    def whole(self, layout: str) -> ExportClip:
        """Itself. Raises ExportError where it is not one hand in every frame, which layouts of sequences need."""
        if self.labels["frame"].tolist() != list(range(int(self.ref.num_frames or 0))):
            count, frames = len(self.labels), self.ref.num_frames
            wrong = f"clip {self.clip_id}: {count} rows are selected of {frames} frames"
            raise ExportError(f"{wrong}; {layout} takes whole clips with one hand: select by split alone")
        return self

    def object_mesh(self) -> tuple[Float32[np.ndarray, "V 3"], Int32[np.ndarray, "F 3"]]:
        """Vertices (metres) and faces of the object. Raises ExportError when the mesh is altered or unreadable."""
        uri, digest = self.trajectory["object_mesh_uri"], self.trajectory["object_mesh_sha256"]
        data = self.source.frames.index.place.read(uri, f"trajectory of clip {self.clip_id} refers to it")
        if hashlib.sha256(data).hexdigest() != digest:
            raise ExportError(f"{uri}: was altered: its bytes do not have the hash that its row states")
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return arrays["vertices_m"], arrays["faces"]


class ExportSource:
    """A build as exporters see it. Raises ReadError as `BuildFrames` does."""

    def __init__(self, build: str, config: ReadConfig) -> None:
        self.build = build
        self._key = f"builds/{build.rstrip('/').rpartition('/')[2]}"
        self.frames = BuildFrames(build, config)
        self._lock = threading.Lock()
        self._trajectories: dict[str, Mapping[str, Any]] | None = None

    @property
    def build_id(self) -> str:
        """The build's id."""
        return self.frames.index.snapshot.build_id

    @property
    def num_clips(self) -> int:
        """How many clips are selected."""
        return self.frames.index.num_clips

    def has_stored_vertices(self) -> bool:
        """Whether the first row of the build has a stored surface. Raises ReadError for a missing or altered part."""
        index = self.frames.index
        for entry in index.snapshot.steps.get("samples", ()):
            where = index.place.address(f"{self._key}/{entry.path}")
            for table in read_rows(read_part(index.place, self._key, entry), where, ("vertices", "status")):
                if table.num_rows:
                    return bool(table.column("vertices")[0].is_valid)
        return False

    def clip(self, number: int) -> ExportClip:
        """A clip by its number. Raises ReadError when its labels cannot be read."""
        index = self.frames.index
        rows = index.rows_of(number)
        return ExportClip(self, number, index.clip(number), index.labels(rows, number), index.row_is_right[rows])

    def trajectory(self, trajectory_id: str) -> Mapping[str, Any]:
        """The row of a trajectory. Raises ReadError when its part is missing or altered, or does not hold it."""
        with self._lock:
            if self._trajectories is None:
                self._trajectories = self._read_trajectories()
        if trajectory_id not in self._trajectories:
            raise ExportError(f"{self.build}: trajectory {trajectory_id} is in no part of the step pose")
        return self._trajectories[trajectory_id]

    def _read_trajectories(self) -> dict[str, Mapping[str, Any]]:
        index = self.frames.index
        found: dict[str, Mapping[str, Any]] = {}
        for entry in index.snapshot.steps.get("pose", ()):
            data = read_part(index.place, self._key, entry)
            for table in read_rows(data, index.place.address(f"{self._key}/{entry.path}"), POSE_COLUMNS):
                found.update((row["item_id"], row) for row in table.to_pylist())
        return found
