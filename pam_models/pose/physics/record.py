"""From simulated joint states to hand parameters: the skinned hand then stands where the simulated one stood."""

from dataclasses import dataclass

import mujoco
import numpy as np
from jaxtyping import Float32, Float64
from scipy.spatial.transform import Rotation

from pam_models.hand.model import PARENTS
from pam_models.pose.physics.scene import Scene


@dataclass(frozen=True)
class Recording:
    """Hand and object per frame: flat axis-angle in MANO order, smplx translation, wrist, object pose, and body
    positions.
    """

    pose_flat: Float32[np.ndarray, "T 48"]
    transl: Float32[np.ndarray, "T 3"]
    wrist_m: Float32[np.ndarray, "T 3"]
    wrist_T_world: Float64[np.ndarray, "T 4 4"]
    object_T_world: Float32[np.ndarray, "T 4 4"]
    bodies_m: Float64[np.ndarray, "T 16 3"]


def record(scene: Scene, data: mujoco.MjData, qpos: Float64[np.ndarray, "T 34"]) -> Recording:
    """Convert states; `data` is scratch memory. transl = wrist - J0 (formats.md section 0)."""
    ids = [scene.model.body(f"joint{joint}").id for joint in range(16)]
    thing = scene.model.body("object").id
    frames = len(qpos)
    turn, place = np.empty((frames, 16, 3, 3)), np.empty((frames, 16, 3))
    object_T_world = np.tile(np.eye(4), (frames, 1, 1))
    for frame, row in enumerate(qpos):
        data.qpos[:] = row
        mujoco.mj_kinematics(scene.model, data)
        turn[frame], place[frame] = data.xmat[ids].reshape(16, 3, 3), data.xpos[ids]
        object_T_world[frame, :3, :3] = data.xmat[thing].reshape(3, 3)
        object_T_world[frame, :3, 3] = data.xpos[thing]
    local = turn.copy()
    for joint in range(1, 16):
        local[:, joint] = np.swapaxes(turn[:, PARENTS[joint]], 1, 2) @ turn[:, joint]
    pose = Rotation.from_matrix(local.reshape(-1, 3, 3)).as_rotvec().reshape(frames, 48)
    wrist_T_world = np.tile(np.eye(4), (frames, 1, 1))
    wrist_T_world[:, :3, :3], wrist_T_world[:, :3, 3] = turn[:, 0], place[:, 0]
    return Recording(
        pose_flat=pose.astype(np.float32),
        transl=(place[:, 0] - scene.body.joints_m[0]).astype(np.float32),
        wrist_m=place[:, 0].astype(np.float32),
        wrist_T_world=wrist_T_world,
        object_T_world=object_T_world.astype(np.float32),
        bodies_m=place,
    )
