"""The skin as a signed distance field: round cones, smoothly united, millimetres."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from jaxtyping import Float

from pam_models.hand.free_hand_builder.skeleton import FINGERS, THUMB, WRIST, Finger

Points = Float[np.ndarray, "N 3"]
Distances = Float[np.ndarray, " N"]

STUMP_X = WRIST[0] - 30.0


def signed_distance(points: Points) -> Distances:
    """Distance to the skin, negative inside (approximate away from the surface)."""
    palm = _palm(points)
    fingers = [_finger(points, finger) for finger in FINGERS]
    webs = [_web(points, near, far) for near, far in pairwise(FINGERS)]
    united = _blend([_blend([palm, finger], 7.0) for finger in fingers], 1.5)
    united = _blend([united, *webs], 5.0)
    united = _blend([united, _thumb(points)], 9.0)
    united = _blend([united, _thumb_web(points)], 9.0)
    return -_blend([-united, points[:, 0] - STUMP_X], 7.0)


def gradient(points: Points) -> Points:
    """Outward direction by central differences."""
    step = 0.05
    columns = []
    for axis in range(3):
        offset = np.zeros(3)
        offset[axis] = step
        columns.append((signed_distance(points + offset) - signed_distance(points - offset)) / (2 * step))
    return np.stack(columns, 1)


def project(points: Points, iterations: int = 6) -> Points:
    """Move points onto the skin along the gradient."""
    moved = points.copy()
    for _ in range(iterations):
        slope = gradient(moved)
        moved -= (signed_distance(moved) / np.maximum((slope * slope).sum(1), 0.2))[:, None] * slope * 0.9
    return moved


def cast(origins: Points, directions: Points, reach: float = 40.0) -> Points:
    """First points outside the skin on rays that start inside it."""
    near, far = np.zeros(len(origins)), np.full(len(origins), reach)
    for distance in np.arange(1.0, reach, 1.0):
        outside = signed_distance(origins + distance * directions) > 0
        far = np.where(outside & (far == reach), distance, far)
    near = far - 1.0
    for _ in range(24):
        middle = (near + far) / 2
        inside = signed_distance(origins + middle[:, None] * directions) < 0
        near, far = np.where(inside, middle, near), np.where(inside, far, middle)
    return np.asarray(origins + far[:, None] * directions)


def _blend(distances: Sequence[Distances], width: float) -> Distances:
    result = distances[0]
    for other in distances[1:]:
        overlap = np.maximum(width - np.abs(result - other), 0.0) / width
        result = np.minimum(result, other) - overlap * overlap * width / 4.0
    return result


def _cone(points: Points, start: Sequence[float], end: Sequence[float], radius: float, end_radius: float) -> Distances:
    begin, axis = np.asarray(start, float), np.asarray(end, float) - np.asarray(start, float)
    length = float(np.linalg.norm(axis))
    along = np.clip((points - begin) @ axis / length**2, 0.0, 1.0)
    reach = np.linalg.norm(points - begin - along[:, None] * axis, axis=1)
    return np.asarray(reach - (radius + (end_radius - radius) * along))


def _ball(points: Points, centre: Points, radii: Sequence[float]) -> Distances:
    scaled = (points - centre) / np.asarray(radii)
    size = np.linalg.norm(scaled, axis=1)
    slope = np.linalg.norm(scaled / np.asarray(radii), axis=1)
    return np.asarray(size * (size - 1.0) / np.maximum(slope, 1e-9))


def _squashed(points: Points, finger: Finger, factor: float) -> Points:
    height = (points - finger.joints[0]) @ finger.dorsal
    return np.asarray(points + ((factor - 1.0) * height)[:, None] * finger.dorsal)


def _finger(points: Points, finger: Finger) -> Distances:
    a, b, c, tip = finger.joints
    ra, rb, rc, rt = finger.radii
    flat = _squashed(points, finger, 1.08)
    end = tip - finger.direction * rt
    pad = finger.dorsal
    parts = [
        _cone(flat, a, (a + b) / 2, ra, (ra + rb) / 2 - 0.2),
        _cone(flat, (a + b) / 2, b, (ra + rb) / 2 - 0.2, rb),
        _cone(flat, b, (b + c) / 2, rb, (rb + rc) / 2 - 0.35),
        _cone(flat, (b + c) / 2, c, (rb + rc) / 2 - 0.35, rc),
        _cone(flat, c, end, rc, rt),
        _cone(flat, c + finger.direction * 5.0 - pad * 1.6, end - pad * 1.0, rc - 1.2, rt - 0.4),
        _cone(flat, a * 0.72 + b * 0.28 - pad * 2.0, a * 0.35 + b * 0.65 - pad * 1.6, ra - 1.3, rb - 0.6),
        _cone(flat, b * 0.68 + c * 0.32 - pad * 1.4, b * 0.35 + c * 0.65 - pad * 1.1, rb - 1.0, rc - 0.4),
    ]
    return _blend(parts, 2.2)


def _web(points: Points, near: Finger, far: Finger) -> Distances:
    reach = 7.5 if far.name != "pinky" else 6.0
    ends = [finger.joints[0] + finger.direction * reach - 1.5 * finger.dorsal for finger in (near, far)]
    return _cone(points, ends[0], ends[1], 6.5, 6.2)


def _palm(points: Points) -> Distances:
    parts = []
    for finger, root, radius in zip(FINGERS, (12.0, 4.0, -5.0, -13.0), (12.0, 12.0, 11.6, 11.2), strict=True):
        carpal = WRIST + np.array([12.0, root, -1.5])
        head = finger.joints[0] + np.array([-2.0, 0.0, -1.5])
        parts.append(_cone(points, carpal, head, 14.0, radius))
    palm = _blend(parts, 9.0)
    arm = _blend(
        [
            _cone(points, WRIST + np.array([-48.0, side, -1.0]), WRIST + np.array([4.0, side * 0.92, -1.0]), 18.0, 16.5)
            for side in (11.5, -11.5)
        ],
        8.0,
    )
    heel = _ball(points, WRIST + np.array([38.0, -25.0, -9.0]), (36.0, 16.0, 14.5))
    pads = _cone(points, FINGERS[0].joints[0] + [-4, -1, -5], FINGERS[3].joints[0] + [-4, 1, -4], 9.0, 8.0)
    return _blend([_blend([palm, arm], 12.0), heel, pads], 9.0)


def _thumb(points: Points) -> Distances:
    a, b, c, tip = THUMB.joints
    ra, rb, rc, rt = THUMB.radii
    pad = THUMB.dorsal
    last = (tip - c) / np.linalg.norm(tip - c)
    end = tip - last * rt
    flat = _squashed(points, THUMB, 1.06)
    bone = _blend(
        [
            _cone(flat, a, (a + b) / 2, ra, rb + 0.4),
            _cone(flat, (a + b) / 2, b, rb + 0.4, rb),
            _cone(flat, b, (b + c) / 2, rb, rc - 0.9),
            _cone(flat, (b + c) / 2, c, rc - 0.9, rc),
            _cone(flat, c, end, rc, rt),
            _cone(flat, c + last * 7.0 - pad * 2.0, end - pad * 1.2, rc - 1.5, rt - 0.3),
        ],
        2.5,
    )
    inner = a + np.array([2.0, -7.0, -4.0])
    thenar = _cone(points, inner, b * 0.85 + a * 0.15 + np.array([-4.0, -7.0, -1.0]), 16.0, 10.5)
    return _blend([bone, thenar], 8.0)


def _thumb_web(points: Points) -> Distances:
    start = THUMB.joints[0] * 0.45 + THUMB.joints[1] * 0.55
    end = FINGERS[0].joints[0] + np.array([-16.0, 2.0, -4.0])
    return _cone(points, start, end, 6.0, 6.5)
