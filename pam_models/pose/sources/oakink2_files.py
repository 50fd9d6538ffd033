"""OakInk2's annotation files as checked arrays, in OakInk2's own conventions (formats.md section 7).

An annotation is a pickle of torch tensors; it is read without running anything and tensors are unpacked one by one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float64, Int64

from pam_models.pose.source import BadInput
from pam_models.restricted_pickle.reader import BadPickle, unpickle
from pam_models.restricted_pickle.torch_names import TORCH_NAMES, StoredTensor

# Frame ids count the motion capture's frames; pictures are every fourth of them.
MOCAP_FPS = 120.0
# Of pictures that are not on disk (formats.md section 7).
PICTURE_SIZE = (848, 480)
_KEYS: dict[str, type] = {
    "cam_def": dict, "frame_id_list": list, "cam_intr": dict, "cam_extr": dict, "obj_list": list, "obj_transf": dict,
    "raw_mano": dict,
}  # fmt: skip
_MESH_FOLDERS = ("object_repair", "object_raw", "object_preview", "object_scan")


@dataclass(frozen=True)
class HandTrack:
    """One hand over F frames: quaternions wxyz whose identity is the flat hand, wrist positions, shape."""

    quaternions_wxyz: Float64[np.ndarray, "F 16 4"]
    wrist_m: Float64[np.ndarray, "F 3"]
    betas: Float64[np.ndarray, "10"]


@dataclass(frozen=True)
class Annotation:
    """One recording's pickle. Methods unpack the frames that are asked for, by frame id."""

    file: Path
    content: Mapping[str, Any]

    @property
    def frame_ids(self) -> Int64[np.ndarray, " F"]:
        """Ids of the pictures, ascending."""
        ids = self.content["frame_id_list"]
        if not ids or not all(isinstance(one, int) for one in ids):
            raise BadInput(f"{self.file}: frame_id_list must hold frame numbers, has {str(ids)[:40]}")
        return np.array(sorted(set(ids)), np.int64)

    @property
    def objects(self) -> tuple[str, ...]:
        """Ids of the objects of the recording."""
        return tuple(str(one) for one in self.content["obj_list"])

    def has_camera(self, camera: str, frame: int) -> bool:
        """Whether a camera has both matrices for a frame. Raises BadInput for a camera that is not there."""
        if camera not in self.content["cam_extr"] or camera not in self.content["cam_intr"]:
            there = ", ".join(map(str, self.content["cam_extr"])) or "none"
            raise BadInput(f"{self.file}: has no camera {camera!r}; it has {there}")
        return frame in self.content["cam_extr"][camera] and frame in self.content["cam_intr"][camera]

    def has_hand(self, side: str, frame: int) -> bool:
        """Whether a hand has a pose in a frame."""
        entry = self.content["raw_mano"].get(frame)
        return isinstance(entry, dict) and all(
            f"{side[0]}h__{what}" in entry for what in ("pose_coeffs", "tsl", "betas")
        )

    def has_object(self, name: str, frames: Int64[np.ndarray, " F"]) -> bool:
        """Whether an object has a pose in all of the frames."""
        poses = self.content["obj_transf"].get(name, {})
        return all(frame in poses for frame in frames.tolist())

    def intrinsics(self, camera: str, frames: Int64[np.ndarray, " F"]) -> Float64[np.ndarray, "3 3"]:
        """K, pixels. Raises BadInput where it changes between the frames."""
        found = self._stack(("cam_intr", camera), frames, (3, 3))
        if np.abs(found - found[0]).max() > 1e-3:
            raise BadInput(f"{self.file}: cam_intr of {camera} changes from frame to frame; a clip has one K")
        return np.asarray(found[0])

    def world_to_camera(self, camera: str, frames: Int64[np.ndarray, " F"]) -> Float64[np.ndarray, "F 4 4"]:
        """cam_extr: world to camera, one for each frame."""
        return self._rigid(("cam_extr", camera), frames)

    def object_to_world(self, name: str, frames: Int64[np.ndarray, " F"]) -> Float64[np.ndarray, "F 4 4"]:
        """obj_transf of one object."""
        return self._rigid(("obj_transf", name), frames)

    def hand(self, side: str, frames: Int64[np.ndarray, " F"]) -> HandTrack:
        """raw_mano of one hand. Raises BadInput where its shape changes between the frames."""
        entries = [self.content["raw_mano"][frame] for frame in frames.tolist()]

        def track(what: str, shape: tuple[int, ...]) -> np.ndarray:
            key = f"{side[0]}h__{what}"
            return np.stack([self._numbers(entry[key], f"raw_mano.{key}", (1, *shape))[0] for entry in entries])

        quaternions, betas = track("pose_coeffs", (16, 4)), track("betas", (10,))
        if np.abs(np.linalg.norm(quaternions, axis=-1) - 1).max() > 1e-2:
            raise BadInput(f"{self.file}: {side[0]}h__pose_coeffs has quaternions that are not of length 1")
        if np.abs(betas - betas[0]).max() > 1e-3:
            raise BadInput(f"{self.file}: {side[0]}h__betas changes from frame to frame; a hand has one shape")
        return HandTrack(quaternions, track("tsl", (3,)), betas[0])

    def picture_size(self, root: Path, camera: str, frame: int) -> tuple[int, int]:
        """Width and height of a camera's pictures: of the picture where it is on disk, else 848 x 480."""
        for serial, name in self.content["cam_def"].items():
            for suffix in ("jpg", "png"):
                picture = root / "data" / self.file.stem / str(serial) / f"{frame:06d}.{suffix}"
                if name == camera and picture.is_file():
                    pixels = cv2.imread(str(picture))
                    if pixels is None:
                        raise BadInput(f"{picture}: is not a readable picture")
                    return int(pixels.shape[1]), int(pixels.shape[0])
        return PICTURE_SIZE

    def _rigid(self, where: tuple[str, str], frames: Int64[np.ndarray, " F"]) -> Float64[np.ndarray, "F 4 4"]:
        found = self._stack(where, frames, (4, 4))
        turns = found[:, :3, :3]
        if (
            np.abs(turns @ turns.transpose(0, 2, 1) - np.eye(3)).max() > 1e-2
            or (np.linalg.det(turns) < 0).any()
            or np.abs(found[:, 3] - [0, 0, 0, 1]).max() > 1e-4
        ):
            raise BadInput(f"{self.file}: {'.'.join(where)} holds matrices that are no rigid transforms")
        return found

    def _stack(
        self, where: tuple[str, str], frames: Int64[np.ndarray, " F"], shape: tuple[int, ...]
    ) -> Float64[np.ndarray, "F ..."]:
        part, name = where
        held = self.content[part][name]
        return np.stack([self._numbers(held[frame], f"{part}.{name}", shape) for frame in frames.tolist()])

    def _numbers(self, value: object, what: str, shape: tuple[int, ...]) -> Float64[np.ndarray, "..."]:
        try:
            array = value.array() if isinstance(value, StoredTensor) else np.asarray(value)
        except (BadPickle, ValueError) as error:
            raise BadInput(f"{self.file}: {what}: {error}") from error
        if array.shape != shape or array.dtype.kind not in "fiu":
            raise BadInput(f"{self.file}: {what} is {array.dtype} {array.shape}; it must be numbers of shape {shape}")
        if not np.isfinite(array).all():
            raise BadInput(f"{self.file}: {what} has values that are not finite")
        return array.astype(np.float64)


def read_annotation(file: Path) -> Annotation:
    """Read anno_preview/<recording>.pkl; the last one is kept, as every camera of a recording asks for it.

    Raises BadInput: no such file, no pickle, code to run, or keys that are missing or of another kind.
    """
    try:
        return _read(file, file.stat().st_mtime_ns)
    except OSError as error:
        raise BadInput(f"{file}: cannot be read ({error.strerror})") from error


@lru_cache(maxsize=1)
def _read(file: Path, _changed_ns: int) -> Annotation:
    try:
        with file.open("rb") as stream:
            content = unpickle(stream, TORCH_NAMES)
    except BadPickle as error:
        raise BadInput(f"{file}: {error}") from error
    if not isinstance(content, dict):
        raise BadInput(f"{file}: holds a {type(content).__name__}; it must hold a dict")
    for key, kind in _KEYS.items():
        if not isinstance(content.get(key), kind):
            raise BadInput(f"{file}: {key!r} must be a {kind.__name__}, found {type(content.get(key)).__name__}")
    return Annotation(file, content)


def mesh_file(root: Path, name: str) -> Path:
    """Where an object's mesh lies, repaired meshes before scans, .obj before .ply. Raises BadInput where none does."""
    for folder in _MESH_FOLDERS:
        for suffix in ("obj", "ply"):
            found = sorted((root / folder / "align_ds" / name).glob(f"*.{suffix}"))
            if found:
                return found[0]
    raise BadInput(f"{root}: has no mesh of object {name}; it must be in object_repair/align_ds/{name}/*.obj or *.ply")


def object_names(root: Path) -> dict[str, str]:
    """Names of objects by id, of obj_desc.json where it is there."""
    for folder in _MESH_FOLDERS:
        file = root / folder / "obj_desc.json"
        if file.is_file():
            try:
                described = json.loads(file.read_text(encoding="utf-8"))
                return {str(key): str(entry["obj_name"]) for key, entry in described.items()}
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BadInput(f"{file}: must hold {{id: {{obj_name: text}}}}") from error
    return {}
