"""A trajectory's exact geometry, written to its row and read back: what every later step draws and compares with."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, Int32, UInt8

from pam_models.conditions.camera import Camera
from pam_models.conditions.maps import ConditionMaps, SecondJoints
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import HandGeometry, skin
from tasks.scene_parts import SceneHand, SceneObject, parts_arrays, parts_of

_JOINTS = ("joints_px", "joints_cam_m", "joint_visible")


@dataclass(frozen=True)
class Scene:
    """Hand, object and camera of one trajectory, in metres in a z-up world; where there are more, the others too."""

    hand: HandModel
    geometry: HandGeometry
    object_vertices_m: Float32[np.ndarray, "V 3"]
    object_faces: Int32[np.ndarray, "F 3"]
    object_class_id: int
    object_T_world: Float32[np.ndarray, "T 4 4"]
    camera: Camera
    table_height_m: float
    second: SceneHand | None = None
    others: tuple[SceneObject, ...] = ()


def camera_of(row: Mapping[str, Any]) -> Camera:
    """The camera that a `pose` or `samples` row describes; one that moves has more than one pose in it."""
    poses = np.asarray(row["T_world_cam"], np.float32).reshape(-1, 4, 4)
    return Camera(
        K=np.asarray(row["K"], np.float32).reshape(3, 3),
        T_world_cam=poses[0] if len(poses) == 1 else poses,
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
    second, others = unpack_parts(mesh)
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
        second=second,
        others=others,
    )


def pack_mesh(
    vertices_m: Float32[np.ndarray, "V 3"],
    faces: Int32[np.ndarray, "F 3"],
    second: SceneHand | None = None,
    others: tuple[SceneObject, ...] = (),
) -> bytes:
    """A mesh, and what else is in the scene, as npz bytes; equal meshes give equal bytes."""
    parts = parts_arrays(second, others)
    return _npz(vertices_m=np.asarray(vertices_m, np.float32), faces=np.asarray(faces, np.int32), **parts)


def unpack_mesh(data: bytes) -> tuple[Float32[np.ndarray, "V 3"], Int32[np.ndarray, "F 3"]]:
    """The vertices (metres) and faces that `pack_mesh` wrote."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return arrays["vertices_m"], arrays["faces"]


def unpack_parts(data: bytes) -> tuple[SceneHand | None, tuple[SceneObject, ...]]:
    """The second hand and the other objects that `pack_mesh` wrote."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return parts_of(arrays)


def pack_maps(maps: ConditionMaps) -> bytes:
    """Condition maps as npz bytes: depth in tenths of a millimetre (0 = nothing), labels, normals in 1/127, joints."""
    return _npz(
        depth_tenth_mm=np.clip(np.rint(maps.depth_m * 10000.0), 0, 65535).astype(np.uint16),
        labels=maps.labels,
        normals=np.rint(maps.normals * 127.0).astype(np.int8),
        joints_px=maps.joints_px.astype(np.float32),
        joints_cam_m=maps.joints_cam_m.astype(np.float32),
        joint_visible=maps.joint_visible,
        **({f"second_{name}": getattr(maps.second, name) for name in _JOINTS} if maps.second is not None else {}),
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
            second=SecondJoints(*(arrays[f"second_{name}"] for name in _JOINTS))
            if "second_joints_px" in arrays
            else None,
        )


def unpack_surface(
    data: bytes,
) -> tuple[Float32[np.ndarray, "T H W"], UInt8[np.ndarray, "T H W"], Bool[np.ndarray, "T 21"]]:
    """Depth (metres, 0 = nothing), labels and joint visibility out of what `pack_maps` wrote, without its normals."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        depth_m = arrays["depth_tenth_mm"].astype(np.float32) / 10000.0
        return depth_m, _u8(arrays["labels"]), arrays["joint_visible"]


def _u8(array: np.ndarray) -> UInt8[np.ndarray, "*shape"]:
    return array.astype(np.uint8)


def _npz(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()
