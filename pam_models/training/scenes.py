"""Scenes: what moves, without the camera and the looks. Simulated once, rendered many times.

A scene is kept as one npz file of plain arrays. A request that the physics rejected leaves a small text file instead,
so
that a continued run does not try it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin
from pam_models.pose.trajectory import Trajectory


@dataclass(frozen=True)
class Scene:
    """A hand and an object over T frames in a z-up world, metres; `source` is `physics` or `kinematic`."""

    key: str
    source: str
    side: str
    word: str
    class_id: int
    hand_vertices: Float[np.ndarray, "T V 3"]
    joints: Float[np.ndarray, "T 21 3"]
    object_vertices: Float[np.ndarray, "Vo 3"]
    object_faces: Int[np.ndarray, "Fo 3"]
    object_T_world: Float[np.ndarray, "T 4 4"]
    table_height_m: float
    license_tags: tuple[str, ...]

    @property
    def frames(self) -> int:
        """T."""
        return len(self.hand_vertices)

    def at(self, frames: Sequence[int]) -> Scene:
        """The scene at some of its frames."""
        chosen = list(frames)
        return Scene(
            self.key, self.source, self.side, self.word, self.class_id, self.hand_vertices[chosen], self.joints[chosen],
            self.object_vertices, self.object_faces, self.object_T_world[chosen], self.table_height_m,
            self.license_tags,
        )  # fmt: skip


def scene_of_trajectory(key: str, trajectory: Trajectory, hand: HandModel) -> Scene:
    """Skin a trajectory's hand and keep what rendering needs."""
    geometry = skin(hand, trajectory.pose_flat, trajectory.betas, trajectory.transl)
    return Scene(
        key, trajectory.source, trajectory.side, trajectory.obj.word, trajectory.obj.class_id, geometry.vertices,
        geometry.joints, trajectory.obj.vertices_m, trajectory.obj.faces, trajectory.object_T_world,
        trajectory.table_height_m, trajectory.license_tags,
    )  # fmt: skip


def save_scene(folder: Path, scene: Scene) -> Path:
    """Write a scene under its key, whole or not at all."""
    path = folder / f"{scene.key}.npz"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f"{scene.key}.tmp"
    with temporary.open("wb") as file:
        np.savez(
            file,
            names=np.array([scene.key, scene.source, scene.side, scene.word]),
            class_id=np.int64(scene.class_id),
            hand_vertices=scene.hand_vertices.astype(np.float32),
            joints=scene.joints.astype(np.float32),
            object_vertices=scene.object_vertices.astype(np.float32),
            object_faces=scene.object_faces.astype(np.int32),
            object_T_world=scene.object_T_world.astype(np.float32),
            table_height_m=np.float64(scene.table_height_m),
            license_tags=np.array(scene.license_tags, dtype=np.str_),
        )
    temporary.replace(path)
    return path


def load_scene(path: Path) -> Scene:
    """Read a scene. Raises ValueError or OSError for a file that is none."""
    with np.load(path, allow_pickle=False) as data:
        key, source, side, word = (str(name) for name in data["names"])
        return Scene(
            key, source, side, word, int(data["class_id"]), data["hand_vertices"], data["joints"],
            data["object_vertices"], data["object_faces"], data["object_T_world"], float(data["table_height_m"]),
            tuple(str(tag) for tag in data["license_tags"]),
        )  # fmt: skip


def scene_keys(folder: Path, source: str) -> list[str]:
    """The keys of the scenes of a source that are ready, sorted."""
    return sorted(path.stem for path in folder.glob(f"{source}-*.npz"))


def is_held_out(key: str, one_in: int) -> bool:
    """Whether a scene is kept from training: by its key alone, so that no later run can mix them."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % one_in == 0


def stable_seed(*parts: str | int) -> int:
    """A seed (63 bits) from names and numbers."""
    text = "/".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
