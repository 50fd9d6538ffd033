"""A trajectory's exact geometry, written to its row and read back: what every later step draws and compares with."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32, Int32, UInt8

from pam_models.conditions.camera import Camera
from pam_models.conditions.maps import ConditionMaps
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import HandGeometry, skin


@dataclass(frozen=True)
class Scene:
    """Hand, object and camera of one trajectory, in metres in a z-up world."""

    hand: HandModel
    geometry: HandGeometry
    object_vertices_m: Float32[np.ndarray, "V 3"]
    object_faces: Int32[np.ndarray, "F 3"]
    object_class_id: int
    object_T_world: Float32[np.ndarray, "T 4 4"]
    camera: Camera
    table_height_m: float


def camera_of(row: Mapping[str, Any]) -> Camera:
    """The camera that a `pose` or `samples` row describes."""
    return Camera(
        K=np.asarray(row["K"], np.float32).reshape(3, 3),
        T_world_cam=np.asarray(row["T_world_cam"], np.float32).reshape(4, 4),
        width=int(row["width"]),
        height=int(row["height"]),
    )


def scene_of(row: Mapping[str, Any], hand: HandModel, mesh: bytes) -> Scene:
    """Rebuild the scene of a `pose` row.

    Raises:
        ValueError: the row was made with another hand than the one given.
    """
    if row["hand_sha256"] != hand.sha256():
        raise ValueError(
            f"trajectory {row['item_id']} was made with hand {row['hand_model']} {row['hand_sha256'][:12]}, "
            f"not with {hand.name} {hand.sha256()[:12]}: use the hand file of the build"
        )
    frames = int(row["num_frames"])
    vertices_m, faces = unpack_mesh(mesh)
    return Scene(
        hand=hand,
        geometry=skin(
            hand,
            np.asarray(row["pose_flat"], np.float32).reshape(frames, 48),
            np.asarray(row["betas"], np.float32),
            np.asarray(row["transl"], np.float32).reshape(frames, 3),
        ),
        object_vertices_m=vertices_m,
        object_faces=faces,
        object_class_id=int(row["object_class_id"]),
        object_T_world=np.asarray(row["object_pose"], np.float32).reshape(frames, 4, 4),
        camera=camera_of(row),
        table_height_m=float(row["table_height_m"]),
    )


def pack_mesh(vertices_m: Float32[np.ndarray, "V 3"], faces: Int32[np.ndarray, "F 3"]) -> bytes:
    """A mesh as npz bytes; equal meshes give equal bytes."""
    return _npz(vertices_m=np.asarray(vertices_m, np.float32), faces=np.asarray(faces, np.int32))


def unpack_mesh(data: bytes) -> tuple[Float32[np.ndarray, "V 3"], Int32[np.ndarray, "F 3"]]:
    """The vertices (metres) and faces that `pack_mesh` wrote."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return arrays["vertices_m"], arrays["faces"]


def pack_maps(maps: ConditionMaps) -> bytes:
    """Condition maps as npz bytes: depth in tenths of a millimetre (0 = nothing), labels, normals in 1/127, joints."""
    return _npz(
        depth_tenth_mm=np.clip(np.rint(maps.depth_m * 10000.0), 0, 65535).astype(np.uint16),
        labels=maps.labels,
        normals=np.rint(maps.normals * 127.0).astype(np.int8),
        joints_px=maps.joints_px.astype(np.float32),
        joints_cam_m=maps.joints_cam_m.astype(np.float32),
        joint_visible=maps.joint_visible,
    )


def unpack_maps(data: bytes) -> ConditionMaps:
    """The maps that `pack_maps` wrote; normals are unit length again where there is a surface."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        normals = arrays["normals"].astype(np.float32) / 127.0
        length = np.linalg.norm(normals, axis=-1, keepdims=True)
        return ConditionMaps(
            depth_m=arrays["depth_tenth_mm"].astype(np.float32) / 10000.0,
            labels=_u8(arrays["labels"]),
            normals=np.divide(normals, length, out=np.zeros_like(normals), where=length > 0),
            joints_px=arrays["joints_px"],
            joints_cam_m=arrays["joints_cam_m"],
            joint_visible=arrays["joint_visible"],
        )


def _u8(array: np.ndarray) -> UInt8[np.ndarray, "*shape"]:
    return array.astype(np.uint8)


def _npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()
