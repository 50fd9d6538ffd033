"""Which way each finger joint bends, and how far: the axes and limits that a physics model of a hand needs.

All axes are unit vectors in the rest frame, which is also the frame of a joint's axis-angle. For the right free hand
the fingers' flexion axis is +y turned by the finger's spread. Signs, for both sides: positive flexion bends towards the
palm (the thumb across it), positive abduction moves a finger towards the thumb's side (the thumb away from the palm),
positive twist turns about the outward bone.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from pam_models.hand.free_hand_builder.skeleton import FINGERS, THUMB
from pam_models.hand.mirror import mirror_points, mirror_pose
from pam_models.hand.model import JOINT_NAMES, JOINTS, HandModel
from pam_models.hand.skinning import rest_joints

Limits = tuple[float, float]
Axis = Float[np.ndarray, "3"]

# Natural active ranges of adults in degrees: flexion, abduction, twist.
_FINGER_DEG: tuple[tuple[Limits, Limits, Limits], ...] = (
    ((-20.0, 90.0), (-20.0, 20.0), (-5.0, 5.0)),
    ((-2.0, 105.0), (0.0, 0.0), (0.0, 0.0)),
    ((-8.0, 75.0), (0.0, 0.0), (0.0, 0.0)),
)
_THUMB_DEG: tuple[tuple[Limits, Limits, Limits], ...] = (
    ((-20.0, 45.0), (-35.0, 25.0), (-25.0, 25.0)),
    ((-10.0, 60.0), (-8.0, 8.0), (0.0, 0.0)),
    ((-15.0, 80.0), (0.0, 0.0), (0.0, 0.0)),
)
# How far the thumb's nail is turned outward from the back of the hand.
_THUMB_ROLL_RAD = float(np.deg2rad(52.0))


@dataclass(frozen=True)
class JointAnatomy:
    """One joint's axes (unit vectors, rest frame) and limits (radians, low and high)."""

    name: str
    joint: int
    flexion_axis: Axis
    abduction_axis: Axis
    twist_axis: Axis
    flexion_limits_rad: Limits
    abduction_limits_rad: Limits
    twist_limits_rad: Limits


def hand_anatomy(hand: HandModel) -> tuple[JointAnatomy, ...]:
    """Joints 1..15 in MANO16 order.

    The free hand's axes are those it was made with; any other hand's come from its rest joints.
    """
    frames = _free_frames(hand.side) if hand.name == "free" else _frames_from_joints(hand)
    found = []
    for joint in range(1, JOINTS):
        flexion, abduction, twist = frames[(joint - 1) // 3]
        ranges = (_THUMB_DEG if joint >= 13 else _FINGER_DEG)[(joint - 1) % 3]
        limits = [(float(np.deg2rad(low)), float(np.deg2rad(high))) for low, high in ranges]
        found.append(
            JointAnatomy(JOINT_NAMES[joint], joint, flexion, abduction, twist, limits[0], limits[1], limits[2])
        )
    return tuple(found)


def pose_from_angles(
    anatomy: tuple[JointAnatomy, ...],
    flexion_rad: Float[np.ndarray, "*N 15"],
    abduction_rad: Float[np.ndarray, "*N 15"] | None = None,
) -> Float[np.ndarray, "*N 45"]:
    """Flat axis-angle pose of joints 1..15 from bending angles; small abductions are added as vectors."""
    pose = np.asarray(flexion_rad)[..., None] * np.stack([joint.flexion_axis for joint in anatomy])
    if abduction_rad is not None:
        pose = pose + np.asarray(abduction_rad)[..., None] * np.stack([joint.abduction_axis for joint in anatomy])
    return np.asarray(pose.reshape(*pose.shape[:-2], 45))


def _free_frames(side: str) -> list[tuple[Axis, Axis, Axis]]:
    index, middle, ring, pinky = FINGERS
    frames = []
    for finger in (index, middle, pinky, ring, THUMB):
        dorsal = finger.dorsal - (finger.dorsal @ finger.direction) * finger.direction
        flexion, abduction, twist = finger.flexion_axis, dorsal / np.linalg.norm(dorsal), finger.direction
        if side == "left":
            flexion, abduction, twist = mirror_pose(flexion), mirror_pose(abduction), mirror_points(twist)
        frames.append((flexion, abduction, twist))
    return frames


def _frames_from_joints(hand: HandModel) -> list[tuple[Axis, Axis, Axis]]:
    joints = rest_joints(hand, np.zeros(10, np.float32)).astype(np.float64)
    sign = 1.0 if hand.side == "right" else -1.0
    back = sign * np.cross(joints[4] - joints[0], joints[1] - joints[7])
    frames = []
    for finger in range(5):
        first = 1 + 3 * finger
        along = _unit(joints[first + 2] - joints[first])
        dorsal = _unit(back - (back @ along) * along)
        if finger == 4:
            outward = sign * np.cross(dorsal, along)
            dorsal = np.cos(_THUMB_ROLL_RAD) * dorsal + np.sin(_THUMB_ROLL_RAD) * outward
        frames.append((np.asarray(np.cross(dorsal, along)), sign * dorsal, along))
    return frames


def _unit(vector: Axis) -> Axis:
    return np.asarray(vector / np.linalg.norm(vector))
