"""A small scene: a ball for a hand before a box, seen from the side over a table at z = 0."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import trimesh

from pam_models.conditions.camera import Camera, intrinsics, look_at


@dataclass(frozen=True)
class Scene:
    """Two frames: the hand ball stands before the box, which rises 5 cm."""

    geometry: dict[str, Any]
    joints_world: np.ndarray
    camera: Camera


@pytest.fixture(scope="session")
def scene() -> Scene:
    ball, box = trimesh.creation.icosphere(3, 0.04), trimesh.creation.box((0.16, 0.06, 0.12))
    centre = np.array([0.06, -0.1, 0.06])
    poses = np.repeat(np.eye(4)[None], 2, 0)
    poses[:, 2, 3] = [0.06, 0.11]
    geometry = {
        "hand_vertices_world": np.repeat((ball.vertices + centre)[None], 2, 0),
        "hand_faces": ball.faces,
        "object_vertices": np.array(box.vertices),
        "object_faces": box.faces,
        "object_T_world": poses,
    }
    joints = np.repeat((centre + np.linspace(-0.02, 0.02, 21)[:, None] * [1, 0, 1])[None], 2, 0)
    camera = Camera(intrinsics(40.0, 72, 48), look_at((0.1, -0.6, 0.25), (0.03, 0, 0.06), (0, 0, 1)), 72, 48)
    return Scene(geometry, joints, camera)
