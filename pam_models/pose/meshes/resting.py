"""How a mesh comes to rest on a table when it is put down as its axes say."""

from dataclasses import replace

import mujoco
import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from pam_models.pose.physics.rigid_object import RigidObject
from pam_models.pose.physics.scene import object_alone
from pam_models.pose.source import BadInput

_TIMESTEP_S = 0.004
_LONGEST_S = 6.0
_STILL_M_S, _STILL_RAD_S = 0.003, 0.03
_UPRIGHT_DEG = 1.0
_FELT = 100.0


def settled(thing: RigidObject) -> RigidObject:
    """The object with its resting pose, turned as `rest_quat` says or, where it does not stand like that, as it fell;
    `notes` say so then.

    It is let down from just above the table and watched until it is still. Raises BadInput for one that never is.
    """
    model = object_alone(thing, _TIMESTEP_S)
    data = mujoco.MjData(model)
    data.qpos[:3] = [0.0, 0.0, _lowest(thing) + 0.0005]
    still = 0
    steps = int(_LONGEST_S / _TIMESTEP_S)
    for step in range(steps):
        if step == steps // 2:
            # What still rocks or rolls does so on a perfectly hard table; felt takes that out of it.
            model.dof_damping[:] *= _FELT
        mujoco.mj_step(model, data)
        moving = np.linalg.norm(data.qvel[:3]) > _STILL_M_S or np.linalg.norm(data.qvel[3:]) > _STILL_RAD_S
        still = 0 if moving else still + 1
        if still * _TIMESTEP_S > 0.2:
            break
    else:
        raise BadInput(f"{thing.mesh.name}: does not come to rest on a table within {_LONGEST_S:g} s")
    quat, height = data.qpos[3:7], float(data.qpos[2])
    tilt = float(np.degrees(2 * np.arccos(np.clip(abs(quat @ np.asarray(thing.rest_quat)), 0.0, 1.0))))
    if tilt < _UPRIGHT_DEG:
        return replace(thing, rest_height_m=height)
    note = f"does not stand as given: it came to rest turned by {tilt:.0f} degrees"
    turned = (float(quat[0]), float(quat[1]), float(quat[2]), float(quat[3]))
    return replace(thing, rest_height_m=height, rest_quat=turned, notes=(*thing.notes, note))


def _lowest(thing: RigidObject) -> float:
    """Height of the origin at which the lowest convex part, turned as the object rests, touches the table."""
    points: Float64[np.ndarray, "N 3"] = np.concatenate([np.asarray(part.points_m) for part in thing.parts])
    turned = Rotation.from_quat(thing.rest_quat, scalar_first=True).apply(points)
    return float(-turned[:, 2].min())
