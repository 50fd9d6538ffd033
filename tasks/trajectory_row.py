"""A trajectory as the columns of the `pose` table, and as the scene that is rendered from it."""

from dataclasses import asdict

import numpy as np

from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin
from pam_models.pose.trajectory import Trajectory
from tasks.scene import Scene
from tasks.scene_parts import scene_hand, scene_objects
from tasks.stage import Row


def scene_of_trajectory(trajectory: Trajectory, hand: HandModel) -> Scene:
    """The scene of a trajectory that has no row yet."""
    return Scene(
        hand=hand,
        geometry=skin(hand, trajectory.pose_flat, trajectory.betas, trajectory.transl),
        object_vertices_m=trajectory.obj.vertices_m,
        object_faces=trajectory.obj.faces,
        object_class_id=trajectory.obj.class_id,
        object_T_world=trajectory.object_T_world,
        camera=trajectory.camera,
        table_height_m=trajectory.table_height_m,
        second=scene_hand(trajectory.second),
        others=scene_objects(trajectory.others),
    )


def trajectory_columns(trajectory: Trajectory, request_key: str, scene: Scene) -> Row:
    """Everything of a `pose` row but its media."""
    second = trajectory.second
    return {
        "source": trajectory.source,
        "request_key": request_key,
        "side": trajectory.side,
        "num_frames": len(trajectory.pose_flat),
        "fps": trajectory.fps,
        "source_fps": trajectory.source_fps,
        "source_frames": list(trajectory.source_frames),
        "hand_model": scene.hand.name,
        "hand_sha256": scene.hand.sha256(),
        "tip_set": scene.hand.tip_set,
        "left_shapedirs_fixed": trajectory.left_shapedirs_fixed,
        "pose_is_approximate": trajectory.pose_is_approximate,
        "notes": list(trajectory.notes),
        "pose_flat": _flat(trajectory.pose_flat),
        "betas": _flat(trajectory.betas),
        "transl": _flat(trajectory.transl),
        "wrist_m": _flat(trajectory.wrist_m),
        "joints_world_m": _flat(scene.geometry.joints),
        "object_name": trajectory.obj.name,
        "object_word": trajectory.obj.word,
        "object_class_id": trajectory.obj.class_id,
        "object_pose": _flat(trajectory.object_T_world),
        "other_objects": [other.mesh.name for other in trajectory.others],
        "second_side": second.hand.side if second is not None else None,
        "second_pose_flat": _flat(second.pose_flat) if second is not None else None,
        "second_betas": _flat(second.betas) if second is not None else None,
        "second_transl": _flat(second.transl) if second is not None else None,
        "second_wrist_m": _flat(second.wrist_m) if second is not None else None,
        "second_joints_world_m": _flat(scene.second.joints) if scene.second is not None else None,
        "K": _flat(trajectory.camera.K),
        "T_world_cam": _flat(trajectory.camera.T_world_cam),
        "width": trajectory.camera.width,
        "height": trajectory.camera.height,
        "table_height_m": trajectory.table_height_m,
        "phase": list(trajectory.phase),
        **asdict(trajectory.quality),
        "license_tags": list(trajectory.license_tags),
    }


def _flat(array: np.ndarray) -> list[float]:
    values: list[float] = np.asarray(array, np.float32).reshape(-1).tolist()
    return values
