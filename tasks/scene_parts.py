"""What a scene holds beside its hand and its object: a second hand and other objects, kept in the mesh's file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32

from pam_models.hand.skinning import skin
from pam_models.pose.trajectory import PlacedObject, SecondHand


@dataclass(frozen=True)
class SceneHand:
    """A second hand, skinned: metres, world."""

    side: str
    vertices: Float32[np.ndarray, "T V 3"]
    joints: Float32[np.ndarray, "T 21 3"]
    faces: Int32[np.ndarray, "F 3"]
    vertex_tint: Float32[np.ndarray, "V 3"]
    tip_set: str


@dataclass(frozen=True)
class SceneObject:
    """Another object and its poses."""

    name: str
    class_id: int
    vertices_m: Float32[np.ndarray, "V 3"]
    faces: Int32[np.ndarray, "F 3"]
    T_world: Float32[np.ndarray, "T 4 4"]


def scene_hand(second: SecondHand | None) -> SceneHand | None:
    """The second hand of a trajectory, skinned; None where it has none."""
    if second is None:
        return None
    geometry = skin(second.hand, second.pose_flat, second.betas, second.transl)
    return SceneHand(
        second.hand.side,
        geometry.vertices,
        geometry.joints,
        second.hand.faces,
        second.hand.vertex_tint,
        second.hand.tip_set,
    )


def scene_objects(others: Sequence[PlacedObject]) -> tuple[SceneObject, ...]:
    """The other objects of a trajectory."""
    return tuple(
        SceneObject(one.mesh.name, one.mesh.class_id, one.mesh.vertices_m, one.mesh.faces, one.T_world)
        for one in others
    )


def parts_arrays(second: SceneHand | None, others: Sequence[SceneObject]) -> dict[str, np.ndarray]:
    """Arrays for an npz file; none for a scene of one hand and one object."""
    arrays: dict[str, np.ndarray] = {}
    if second is not None:
        arrays |= {
            "second_side": np.array(second.side),
            "second_vertices_m": second.vertices,
            "second_joints_m": second.joints,
            "second_faces": second.faces,
            "second_tint": second.vertex_tint,
            "second_tip_set": np.array(second.tip_set),
        }
    for place, other in enumerate(others):
        arrays |= {
            f"other{place}_name": np.array(other.name),
            f"other{place}_class_id": np.array(other.class_id, np.int32),
            f"other{place}_vertices_m": other.vertices_m,
            f"other{place}_faces": other.faces,
            f"other{place}_T_world": other.T_world,
        }
    return arrays


def parts_of(arrays: Mapping[str, np.ndarray]) -> tuple[SceneHand | None, tuple[SceneObject, ...]]:
    """What `parts_arrays` wrote."""
    second = None
    if "second_side" in arrays:
        second = SceneHand(
            side=str(arrays["second_side"]),
            vertices=arrays["second_vertices_m"],
            joints=arrays["second_joints_m"],
            faces=arrays["second_faces"],
            vertex_tint=arrays["second_tint"],
            tip_set=str(arrays["second_tip_set"]),
        )
    others: list[SceneObject] = []
    while (key := f"other{len(others)}") and f"{key}_name" in arrays:
        vertices_m, faces, T_world = (arrays[f"{key}_{what}"] for what in ("vertices_m", "faces", "T_world"))
        others.append(
            SceneObject(str(arrays[f"{key}_name"]), int(arrays[f"{key}_class_id"]), vertices_m, faces, T_world)
        )
    return second, tuple(others)
