"""Skin colour factors: paler nails and palm, redder knuckles and creases."""

import numpy as np
from jaxtyping import Float

from pam_models.hand.free_hand_builder.skeleton import FINGERS, THUMB
from pam_models.hand.free_hand_builder.topology import Topology
from pam_models.hand.free_hand_builder.weights import along_finger, smoothstep


def vertex_tint(
    vertices: Float[np.ndarray, "V 3"], normals: Float[np.ndarray, "V 3"], topology: Topology
) -> Float[np.ndarray, "V 3"]:
    """Factors in [0, 1] for each vertex."""
    palm_facing = smoothstep(-normals[:, 2], -0.1, 0.8)[:, None]
    tint = np.array([0.89, 0.86, 0.85]) + palm_facing * np.array([0.08, 0.08, 0.08])
    knuckle = np.array([0.95, 0.83, 0.82])
    crease = np.array([0.88, 0.76, 0.74])
    nail = np.array([1.0, 0.97, 0.97])
    for number, finger in enumerate((*FINGERS, THUMB)):
        rings = topology.thumb_rings[2:] if finger is THUMB else topology.finger_rings[number]
        tip = topology.thumb_tip if finger is THUMB else int(topology.finger_tips[number])
        own = np.r_[rings.ravel(), tip]
        place = along_finger(vertices[own], finger)
        up = normals[own] @ finger.dorsal
        lengths = np.linalg.norm(np.diff(finger.joints, axis=0), axis=1)
        joints = (lengths[0], lengths[0] + lengths[1])
        for joint in joints:
            near = np.exp(-(((place - joint) / 4.5) ** 2))[:, None]
            dorsal, volar = smoothstep(up, 0.2, 0.9)[:, None], smoothstep(-up, 0.2, 0.9)[:, None]
            tint[own] *= 1.0 - near * (dorsal * (1.0 - knuckle) + volar * (1.0 - crease))
        end = lengths.sum()
        pulp = smoothstep(place, end - 16.0, end - 4.0) * smoothstep(-up, -0.2, 0.8)
        tint[own] *= 1.0 - pulp[:, None] * (1.0 - np.array([1.0, 0.92, 0.91]))
        on_nail = smoothstep(place, end - 17.0, end - 13.0) * smoothstep(up, 0.4, 0.75)
        tint[own] = tint[own] * (1.0 - on_nail[:, None]) + on_nail[:, None] * nail
    for finger in FINGERS:
        bump = np.exp(-(((vertices - finger.joints[0] - 9.0 * finger.dorsal) ** 2).sum(1) / 8.0**2))
        tint *= 1.0 - (bump * smoothstep(normals[:, 2], 0.2, 0.8))[:, None] * (1.0 - knuckle)
    return np.asarray(np.clip(tint, 0.0, 1.0))
