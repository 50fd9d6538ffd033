"""Where the fingertips are for given hinge angles, and the hand shape in which thumb and fingers meet."""

import numpy as np
from jaxtyping import Float64
from scipy.optimize import least_squares
from scipy.spatial.transform import Rotation

from pam_models.pose.physics.articulation import FIRST_JOINT
from pam_models.pose.physics.hand_body import HandBody

PINCHING = ("thumb", "index", "middle")
_PAD_PLACE = 0.6


def pad_centre(body: HandBody, finger: str, angles: Float64[np.ndarray, "20"]) -> Float64[np.ndarray, "3"]:
    """Centre of a fingertip's flesh in the hand's rest frame (wrist at its rest place), metres."""
    first = FIRST_JOINT[finger]
    turn, place = np.eye(3), body.joints_m[first]
    for joint in range(first, first + 3):
        if joint > first:
            place = place + turn @ (body.joints_m[joint] - body.joints_m[joint - 1])
        for hinge, angle in zip(body.hinges, angles, strict=True):
            if hinge.joint == joint:
                turn = turn @ _turn(hinge.axis, float(angle))
    capsule = next(capsule for capsule in body.capsules if capsule.joint == first + 2)
    centre: Float64[np.ndarray, 3] = place + turn @ ((1 - _PAD_PLACE) * capsule.start_m + _PAD_PLACE * capsule.end_m)
    return centre


def pad_radius_m(body: HandBody) -> float:
    """Mean radius of the pads that pinch."""
    last = [FIRST_JOINT[finger] + 2 for finger in PINCHING]
    return float(np.mean([capsule.radius_m for capsule in body.capsules if capsule.joint in last]))


def touching_pinch(body: HandBody, near: Float64[np.ndarray, "20"]) -> Float64[np.ndarray, "20"]:
    """The hinge angles nearest to `near` at which the thumb's pad touches those of index and middle."""
    moving = np.array(
        [
            row
            for row, hinge in enumerate(body.hinges)
            if hinge.name.partition("_")[0] in PINCHING and "spread" not in hinge.name
        ]
    )
    low = np.array([body.hinges[row].low for row in moving])
    high = np.array([body.hinges[row].high for row in moving])
    gap = 2 * pad_radius_m(body)

    def misfit(values: Float64[np.ndarray, " N"]) -> Float64[np.ndarray, " M"]:
        angles = near.copy()
        angles[moving] = values
        thumb, index, middle = (pad_centre(body, finger, angles) for finger in PINCHING)
        meeting = (index + middle) / 2
        # The thumb comes from the wrist's side of the fingers, so the pads meet one gap apart along the palm.
        wanted = meeting - body.palm.fingers * gap * 0.8 + body.palm.palm * gap * 0.6
        return np.concatenate([(thumb - wanted) / 0.003, 0.6 * (values - near[moving])])

    start = np.clip(near[moving], low + 1e-3, high - 1e-3)
    solved = least_squares(misfit, start, bounds=(low, high), max_nfev=30)
    result = near.copy()
    result[moving] = solved.x
    for part in ("mcp", "pip", "dip"):
        follow = result[body.hinge_index(f"middle_{part}")]
        for finger in ("ring", "pinky"):
            result[body.hinge_index(f"{finger}_{part}")] = follow
    return result


def _turn(axis: tuple[float, float, float], angle: float) -> Float64[np.ndarray, "3 3"]:
    matrix: Float64[np.ndarray, "3 3"] = Rotation.from_rotvec(np.asarray(axis) * angle).as_matrix()
    return matrix
