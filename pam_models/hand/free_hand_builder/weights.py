"""Skinning weights from the bones, evened out over the palm, and the sparse joint regressor."""

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.optimize import nnls

from pam_models.hand.free_hand_builder.skeleton import FINGERS, THUMB, Finger, joint_positions
from pam_models.hand.free_hand_builder.topology import Topology

# Points on the plane between two bones are as far from both: the second one has them, whatever a processor's last bits.
_SAME_MM = 1e-6


def smoothstep(value: Float[np.ndarray, "*N"], low: float, high: float) -> Float[np.ndarray, "*N"]:
    """0 below low, 1 above high, smooth between."""
    share = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(share * share * (3.0 - 2.0 * share))


def along_finger(points: Float[np.ndarray, "N 3"], finger: Finger) -> Float[np.ndarray, " N"]:
    """Distance from the finger's first joint, along the bones."""
    place = np.full(len(points), np.nan)
    best = np.full(len(points), np.inf)
    start = 0.0
    for number in range(3):
        axis = finger.joints[number + 1] - finger.joints[number]
        length = float(np.linalg.norm(axis))
        raw = (points - finger.joints[number]) @ axis / length
        low = -np.inf if number == 0 else 0.0
        high = np.inf if number == 2 else length
        clipped = np.clip(raw, low, high)
        distance = np.linalg.norm(points - finger.joints[number] - clipped[:, None] * axis / length, axis=1)
        nearer = distance < best + _SAME_MM
        place[nearer], best[nearer] = start + clipped[nearer], distance[nearer]
        start += length
    return place


def skinning_weights(vertices: Float[np.ndarray, "V 3"], topology: Topology) -> Float[np.ndarray, "V 16"]:
    """Rows sum to one; at most a few joints move each vertex."""
    count = len(vertices)
    weights = np.zeros((count, 16))
    own = np.zeros((count, 4))
    for number, finger in enumerate(FINGERS):
        lateral = (vertices - finger.joints[0]) @ finger.flexion_axis
        own[:, number] = np.exp(-((lateral / 8.0) ** 2)) + 1e-9
    own /= own.sum(1, keepdims=True)
    for number in range(4):
        rings = np.r_[topology.finger_rings[number].ravel(), topology.finger_tips[number]]
        own[rings] = np.eye(4)[number]
    on_thumb = np.r_[topology.thumb_rings.ravel(), topology.thumb_tip]
    own[on_thumb] = 0.0
    for number, finger in enumerate(FINGERS):
        place = along_finger(vertices, finger)
        _chain(weights, place, finger, own[:, number] * smoothstep(place, -12.0, 12.0), 7.0)
    place = along_finger(vertices, THUMB)
    share = _thumb_share(vertices, topology)
    _chain(weights, place, THUMB, share * (1.0 - weights.sum(1)), 8.5)
    weights[:, 0] += 1.0 - weights.sum(1)
    soft = np.ones(count, bool)
    soft[topology.finger_rings.ravel()] = False
    soft[topology.finger_tips] = False
    soft[topology.thumb_rings[2:].ravel()] = False
    soft[topology.thumb_tip] = False
    soft[np.r_[topology.palm[:2].ravel(), topology.cap_ring, topology.cap_centre]] = False
    weights = _even_out(weights, topology.faces, soft, 5)
    weights[weights < 1e-3] = 0.0
    return np.asarray(weights / weights.sum(1, keepdims=True))


def _thumb_share(vertices: Float[np.ndarray, "V 3"], topology: Topology) -> Float[np.ndarray, " V"]:
    start, end = THUMB.joints[0], THUMB.joints[1]
    axis = end - start
    length = float(np.linalg.norm(axis))
    along = (vertices - start) @ axis / length
    nearest = start + np.clip(along, 0.0, length)[:, None] * axis / length
    distance = np.linalg.norm(vertices - nearest, axis=1)
    share = smoothstep(along, -6.0, 20.0) * (1.0 - smoothstep(distance, 12.0, 30.0))
    share[topology.palm[:3][topology.palm[:3] >= 0]] = 0.0
    share[topology.thumb_rings[1:].ravel()] = 1.0
    share[topology.thumb_rings[0]] = np.maximum(share[topology.thumb_rings[0]], 0.8)
    share[topology.thumb_tip] = 1.0
    return np.asarray(share)


def _chain(
    weights: Float[np.ndarray, "V 16"],
    place: Float[np.ndarray, " V"],
    finger: Finger,
    total: Float[np.ndarray, " V"],
    half: float,
) -> None:
    lengths = np.linalg.norm(np.diff(finger.joints, axis=0), axis=1)
    second, third = lengths[0], lengths[0] + lengths[1]
    to_second = smoothstep(place, second - half, second + half)
    to_third = smoothstep(place, third - half * 0.85, third + half * 0.85)
    first = finger.first_joint
    weights[:, first] += total * (1.0 - to_second)
    weights[:, first + 1] += total * to_second * (1.0 - to_third)
    weights[:, first + 2] += total * to_third


def _even_out(
    weights: Float[np.ndarray, "V 16"], faces: Int[np.ndarray, "F 3"], soft: Bool[np.ndarray, " V"], rounds: int
) -> Float[np.ndarray, "V 16"]:
    pairs = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1), axis=0)
    degree = np.bincount(pairs.ravel(), minlength=len(weights))[:, None]
    result = weights.copy()
    for _ in range(rounds):
        total = np.zeros_like(result)
        np.add.at(total, pairs[:, 0], result[pairs[:, 1]])
        np.add.at(total, pairs[:, 1], result[pairs[:, 0]])
        result[soft] += 0.5 * (total / degree - result)[soft]
    return result


def joint_regressor(vertices: Float[np.ndarray, "V 3"]) -> Float[np.ndarray, "16 V"]:
    """Sparse non-negative rows, each summing to one, that give the rest joints exactly from the template.

    Raises:
        ValueError: a joint lies outside the vertices around it.
    """
    rows = np.zeros((16, len(vertices)))
    for number, joint in enumerate(joint_positions()):
        near = np.argsort(np.linalg.norm(vertices - joint, axis=1), kind="stable")[: 60 if number in (0, 13) else 32]
        strong = 1e5
        system = np.vstack([strong * (vertices[near] - joint).T, strong * np.ones(len(near)), np.eye(len(near))])
        target = np.r_[np.zeros(3), strong, np.full(len(near), 1.0 / len(near))]
        share, _ = nnls(system, target)
        share /= share.sum()
        if np.linalg.norm(share @ vertices[near] - joint) > 1e-2:
            raise ValueError(f"joint {number} lies outside the {len(near)} vertices around it")
        rows[number, near] = share
    return rows
