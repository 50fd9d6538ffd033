"""Whether a hand's own pose is possible: fingers inside each other, and joints bent further than they go."""

from itertools import combinations

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation

from pam_models.hand.model import PARENTS, HandModel
from pam_models.pose.physics.articulation import Hinge
from pam_models.pose.physics.hand_body import Capsule, HandBody, build_hand_body

_ROUNDS = 16


def hand_quality(
    hand: HandModel, pose_flat: Float[np.ndarray, "T 48"], betas: Float[np.ndarray, "10"]
) -> tuple[float, float]:
    """Deepest self-penetration in mm and largest joint-limit violation in degrees over a sequence."""
    body = build_hand_body(hand, betas)
    turns = Rotation.from_rotvec(pose_flat.reshape(-1, 3).astype(np.float64)).as_matrix().reshape(-1, 16, 3, 3)
    return float(self_penetration_m(body, turns).max() * 1e3), float(np.degrees(limit_excess_rad(body, turns).max()))


def self_penetration_m(body: HandBody, turns: Float64[np.ndarray, "T 16 3 3"]) -> Float64[np.ndarray, " T"]:
    """Per frame, the deepest overlap in metres of two bones' flesh (capsules) beyond what the flat hand has.

    Bones of one finger, and the palm with the bones next to it, touch by nature and are left out. `turns` are the local
    joint rotations.
    """
    pairs = [
        (a, b) for a, b in combinations(range(len(body.capsules)), 2) if _apart(body.capsules[a], body.capsules[b])
    ]
    flat = np.tile(np.eye(3), (1, 16, 1, 1))
    more: Float64[np.ndarray, "T P"] = _overlaps(body, pairs, turns) - np.maximum(_overlaps(body, pairs, flat), 0.0)
    deepest: Float64[np.ndarray, " T"] = np.maximum(more, 0.0).max(axis=1)
    return deepest


def limit_excess_rad(body: HandBody, turns: Float64[np.ndarray, "T 16 3 3"]) -> Float64[np.ndarray, "T 15"]:
    """Angle in radians between each finger joint's rotation and the nearest one that its hinges allow."""
    return nearest_hinges(body, turns)[1]


def nearest_hinges(
    body: HandBody, turns: Float64[np.ndarray, "T 16 3 3"]
) -> tuple[Float64[np.ndarray, "T 20"], Float64[np.ndarray, "T 15"]]:
    """Hinge angles within their limits that come nearest to joint rotations, and what of each rotation is left
    (radians).
    """
    angles, left = np.zeros((len(turns), len(body.hinges))), np.zeros((len(turns), 15))
    for joint in range(1, 16):
        rows = [row for row, hinge in enumerate(body.hinges) if hinge.joint == joint]
        found, left[:, joint - 1] = _nearest(Rotation.from_matrix(turns[:, joint]), [body.hinges[row] for row in rows])
        angles[:, rows] = np.stack(found, axis=1)
    return angles, left


def _apart(first: Capsule, second: Capsule) -> bool:
    chains = [(capsule.joint - 1) // 3 if capsule.joint else -1 for capsule in (first, second)]
    if chains[0] == chains[1]:
        return False
    if -1 not in chains:
        return True
    return (max(first.joint, second.joint) - 1) % 3 > 0


def _overlaps(
    body: HandBody, pairs: list[tuple[int, int]], turns: Float64[np.ndarray, "T 16 3 3"]
) -> Float64[np.ndarray, "T P"]:
    """Overlap of capsule pairs in the wrist's frame, metres; negative where they are apart."""
    turn, place = turns.copy(), np.zeros((len(turns), 16, 3))
    turn[:, 0] = np.eye(3)
    for joint in range(1, 16):
        parent = PARENTS[joint]
        place[:, joint] = place[:, parent] + turn[:, parent] @ (body.joints_m[joint] - body.joints_m[parent])
        turn[:, joint] = turn[:, parent] @ turns[:, joint]
    owner = [capsule.joint for capsule in body.capsules]
    starts, ends = (
        place[:, owner] + np.einsum("tcij,cj->tci", turn[:, owner], np.stack(points))
        for points in ([c.start_m for c in body.capsules], [c.end_m for c in body.capsules])
    )
    radii = np.array([capsule.radius_m for capsule in body.capsules])
    a, b = np.array(pairs).T
    overlaps: Float64[np.ndarray, "T P"] = (
        radii[a] + radii[b] - _segment_gaps(starts[:, a], ends[:, a], starts[:, b], ends[:, b])
    )
    return overlaps


def _segment_gaps(
    p: Float64[np.ndarray, "T P 3"],
    p_end: Float64[np.ndarray, "T P 3"],
    q: Float64[np.ndarray, "T P 3"],
    q_end: Float64[np.ndarray, "T P 3"],
) -> Float64[np.ndarray, "T P"]:
    """Distance between segments (Ericson 2005, Real-Time Collision Detection, section 5.1.9)."""
    u, v, w = p_end - p, q_end - q, p - q
    a, b, c = (u * u).sum(-1), (u * v).sum(-1), np.maximum((v * v).sum(-1), 1e-18)
    d, e = (u * w).sum(-1), (v * w).sum(-1)
    det = a * c - b * b
    s = np.where(det > 1e-18, np.clip((b * e - c * d) / np.maximum(det, 1e-18), 0.0, 1.0), 0.0)
    t = np.clip((b * s + e) / c, 0.0, 1.0)
    s = np.clip((b * t - d) / np.maximum(a, 1e-18), 0.0, 1.0)
    gaps: Float64[np.ndarray, "T P"] = np.linalg.norm(w + s[..., None] * u - t[..., None] * v, axis=-1)
    return gaps


def _nearest(
    turned: Rotation, hinges: list[Hinge]
) -> tuple[list[Float64[np.ndarray, " T"]], Float64[np.ndarray, " T"]]:
    """Alternate between the hinges of a joint: each takes the angle that leaves the least of the rotation."""
    angles = [np.zeros(len(turned)) for _ in hinges]
    for _ in range(_ROUNDS if len(hinges) > 1 else 1):
        for row, hinge in enumerate(hinges):
            before = _product([_about(h, a) for h, a in zip(hinges[:row], angles[:row], strict=True)], len(turned))
            after = _product(
                [_about(h, a) for h, a in zip(hinges[row + 1 :], angles[row + 1 :], strict=True)], len(turned)
            )
            quat = (before.inv() * turned * after.inv()).as_quat(scalar_first=True)
            angle = 2 * np.arctan2(quat[:, 1:] @ np.asarray(hinge.axis), quat[:, 0])
            angles[row] = np.clip((angle + np.pi) % (2 * np.pi) - np.pi, hinge.low, hinge.high)
    allowed = _product([_about(h, a) for h, a in zip(hinges, angles, strict=True)], len(turned))
    magnitude: Float64[np.ndarray, " T"] = (allowed.inv() * turned).magnitude()
    return angles, magnitude


def _about(hinge: Hinge, angles: Float64[np.ndarray, " T"]) -> Rotation:
    return Rotation.from_rotvec(angles[:, None] * np.asarray(hinge.axis))


def _product(rotations: list[Rotation], count: int) -> Rotation:
    product = Rotation.identity(count)
    for rotation in rotations:
        product = product * rotation
    return product
