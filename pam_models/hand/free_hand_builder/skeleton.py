"""The free hand's bones: right hand, millimetres, palm facing -z, fingers along +x, thumb side +y."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

WRIST = np.array([10.0, 4.0, -3.0])


@dataclass(frozen=True)
class Finger:
    """One finger's chain of three joints and its tip; `dorsal` points from the finger's pad to its nail."""

    name: str
    first_joint: int
    joints: Float[np.ndarray, "4 3"]
    dorsal: Float[np.ndarray, "3"]
    radii: tuple[float, float, float, float]

    @property
    def direction(self) -> Float[np.ndarray, "3"]:
        """Unit vector from the first joint to the tip."""
        span = self.joints[3] - self.joints[0]
        return np.asarray(span / np.linalg.norm(span))

    @property
    def flexion_axis(self) -> Float[np.ndarray, "3"]:
        """Unit axis about which a positive rotation bends the finger towards its pad."""
        axis = np.cross(self.dorsal, self.direction)
        return np.asarray(axis / np.linalg.norm(axis))


def _straight(
    name: str, first: int, base: tuple[float, float, float], spread_deg: float, lengths: tuple[float, float, float],
    radii: tuple[float, float, float, float], roll_deg: float,
) -> Finger:  # fmt: skip
    spread, roll = np.deg2rad([spread_deg, roll_deg])
    direction = np.array([np.cos(spread), np.sin(spread), 0.0])
    side = np.array([-np.sin(spread), np.cos(spread), 0.0])
    dorsal = np.cos(roll) * np.array([0.0, 0.0, 1.0]) + np.sin(roll) * side
    steps = np.concatenate([[0.0], np.cumsum(lengths)])
    return Finger(name, first, WRIST + np.array(base) + steps[:, None] * direction, dorsal, radii)


def _thumb() -> Finger:
    points = [np.array([24.0, 23.0, -9.0])]
    for length, yaw_deg, drop_deg in ((43.0, 42.0, 17.0), (31.0, 33.0, 15.0), (26.0, 27.0, 13.0)):
        yaw, drop = np.deg2rad([yaw_deg, drop_deg])
        points.append(
            points[-1] + length * np.array([np.cos(drop) * np.cos(yaw), np.cos(drop) * np.sin(yaw), -np.sin(drop)])
        )
    joints = WRIST + np.array(points)
    along = joints[3] - joints[0]
    along /= np.linalg.norm(along)
    up = np.array([0.0, 0.0, 1.0]) - along[2] * along
    up /= np.linalg.norm(up)
    outward = np.cross(up, along)
    roll = np.deg2rad(52.0)
    return Finger("thumb", 13, joints, np.cos(roll) * up + np.sin(roll) * outward, (13.0, 11.0, 10.2, 7.6))


# Anatomical order across the palm; `first_joint` puts each into MANO16 order.
FINGERS: tuple[Finger, ...] = (
    _straight("index", 1, (94.0, 25.0, 0.5), 4.5, (38.0, 24.0, 20.0), (9.9, 8.9, 7.9, 6.4), 4.0),
    _straight("middle", 4, (97.0, 3.0, 3.0), 0.0, (41.0, 26.5, 20.5), (10.0, 9.0, 8.0, 6.5), 0.0),
    _straight("ring", 10, (91.0, -17.5, 1.0), -5.0, (38.0, 25.0, 20.5), (9.5, 8.5, 7.6, 6.2), -4.0),
    _straight("pinky", 7, (81.0, -36.0, -3.0), -11.0, (30.0, 18.5, 18.5), (8.4, 7.4, 6.6, 5.5), -9.0),
)
THUMB = _thumb()


def joint_positions() -> Float[np.ndarray, "16 3"]:
    """Rest joints in MANO16 order, millimetres."""
    joints = np.zeros((16, 3))
    joints[0] = WRIST
    for finger in (*FINGERS, THUMB):
        joints[finger.first_joint : finger.first_joint + 3] = finger.joints[:3]
    return joints
