"""A small simulated trajectory that several test files use."""

from functools import cache
from typing import Any

from pam_models.hand.free_hand import free_hand
from pam_models.pose.source import PoseRequest
from pam_models.pose.sources.physics import PhysicsSource
from pam_models.pose.trajectory import Trajectory
from tasks.scene import Scene, pack_mesh
from tasks.trajectory_row import scene_of_trajectory, trajectory_columns

REQUEST = PoseRequest("mug-0001", 11)
FRAMES, WIDTH, HEIGHT = 49, 144, 96


@cache
def mug_trajectory() -> Trajectory:
    """A mug, grasped and lifted in the simulator."""
    return PhysicsSource().trajectory(REQUEST, free_hand("right"), FRAMES, WIDTH, HEIGHT)


@cache
def lifted_mug() -> tuple[Scene, dict[str, Any], bytes]:
    """Its scene, its row and its mesh."""
    trajectory = mug_trajectory()
    scene = scene_of_trajectory(trajectory, free_hand("right"))
    row = {"item_id": "mug", "seed": 5, **trajectory_columns(trajectory, REQUEST.key, scene)}
    return scene, row, pack_mesh(scene.object_vertices_m, scene.object_faces)


def pose_row_of(row: dict[str, Any]) -> dict[str, Any]:
    """A copy that a test may change."""
    return dict(row)
