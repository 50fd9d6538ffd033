"""Run motion plans through MuJoCo and judge what happened from the states alone."""

from dataclasses import dataclass

import mujoco
import mujoco.rollout
import numpy as np
from jaxtyping import Float64

from pam_models.pose.physics.motion_plan import MotionPlan
from pam_models.pose.physics.scene import Scene

_CONTROL = int(mujoco.mjtState.mjSTATE_CTRL | mujoco.mjtState.mjSTATE_MOCAP_POS | mujoco.mjtState.mjSTATE_MOCAP_QUAT)
_STATE = int(mujoco.mjtState.mjSTATE_FULLPHYSICS)


@dataclass(frozen=True)
class Outcome:
    """What the simulation says of one plan: qpos per frame, and how the object fared."""

    qpos: Float64[np.ndarray, "T 34"]
    rise_m: float
    pushed_m: float
    slip_m: float
    turned_rad: float

    def cost(self) -> float:
        """Smaller is better; a plan that does not lift costs more than any that does."""
        missing = max(0.0, 0.105 - self.rise_m)
        return (
            100.0 * missing
            + (10.0 if missing > 0 else 0.0)
            + 20.0 * self.slip_m
            + 3.0 * self.pushed_m
            + 0.5 * self.turned_rad
        )


def run_plan(
    scene: Scene, data: mujoco.MjData, plan: MotionPlan, stride: int, lift_frame: int, held_frames: int
) -> Outcome:
    """Simulate a plan and keep every `stride`-th state, beginning with the first.

    `data` is scratch memory. `lift_frame` is the frame at which the lift begins: slip is counted from there; over the
    last `held_frames` the object must stay up.
    """
    initial = np.zeros((1, mujoco.mj_stateSize(scene.model, _STATE)))
    mujoco.mj_resetData(scene.model, data)
    data.qpos[:] = scene.qpos(plan.wrist_m[0], plan.wrist_quat[0], plan.hinges[0])
    mujoco.mj_getState(scene.model, data, initial[0], _STATE)
    control = np.concatenate([plan.hinges, plan.wrist_m, plan.wrist_quat], axis=1)[None]
    states, _ = mujoco.rollout.rollout(scene.model, data, initial, control, control_spec=_CONTROL)
    states = np.concatenate([initial[:, None], states], axis=1)
    qpos = states[0, ::stride, 1 : 1 + scene.model.nq]
    return judge(scene, qpos, lift_frame, held_frames)


def judge(scene: Scene, qpos: Float64[np.ndarray, "T 34"], lift_frame: int, held_frames: int) -> Outcome:
    """Measure a simulated sequence."""
    thing = qpos[:, scene.object_slice]
    relative = np.stack([_in_wrist(row, thing_row) for row, thing_row in zip(qpos, thing, strict=True)])
    held = relative[lift_frame + 2 :]
    slip = float(np.linalg.norm(np.diff(held[:, :3], axis=0), axis=1).sum())
    turned = 2 * np.arccos(np.clip(abs(held[0, 3:] @ held[-1, 3:]), 0.0, 1.0))
    rise = float(thing[-held_frames:, 2].min() - thing[0, 2])
    if not np.isfinite(qpos).all():
        return Outcome(qpos, -1.0, 1.0, 1.0, 1.0)
    return Outcome(qpos, rise, float(np.linalg.norm(thing[lift_frame, :2])), slip, float(turned))


def _in_wrist(row: Float64[np.ndarray, "34"], thing: Float64[np.ndarray, "7"]) -> Float64[np.ndarray, "7"]:
    inverse, position, quat = np.empty(4), np.empty(3), np.empty(4)
    mujoco.mju_negQuat(inverse, row[3:7])
    mujoco.mju_rotVecQuat(position, thing[:3] - row[:3], inverse)
    mujoco.mju_mulQuat(quat, inverse, thing[3:7])
    return np.concatenate([position, quat])
