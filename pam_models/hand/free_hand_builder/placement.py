"""Where the free hand's vertices lie: rings on rays from the bones, the palm spread evenly over the skin."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float, Int

from pam_models.hand.free_hand_builder import surface
from pam_models.hand.free_hand_builder.skeleton import FINGERS, THUMB, WRIST, Finger
from pam_models.hand.free_hand_builder.topology import (
    PALM_RINGS,
    RADIAL,
    SPAN,
    ULNAR,
    Topology,
    palmar,
)

# Palm rings behind the knuckles, from the stump to the last one (millimetres before or after the wrist).
RING_X = (-28.0, -15.0, 0.0, 15.0, 32.0, 49.0, 66.0, 84.0)
EDGE = 9.0


def place_vertices(topology: Topology) -> Float[np.ndarray, "V 3"]:
    """Put every vertex on the skin, millimetres."""
    vertices = np.zeros((topology.count, 3))
    _place_palm(vertices, topology)
    for number, finger in enumerate(FINGERS):
        _place_finger(vertices, topology.finger_rings[number], int(topology.finger_tips[number]), finger)
    _place_thumb(vertices, topology)
    free = np.zeros(topology.count, bool)
    free[topology.palm[topology.palm >= 0]] = True
    free[topology.distal] = True
    free[topology.thumb_rings[:3]] = True
    free[topology.palm[0]] = False
    return _spread(vertices, topology.faces, free)


def _spread(
    vertices: Float[np.ndarray, "V 3"], faces: Int[np.ndarray, "F 3"], free: np.ndarray, rounds: int = 30
) -> Float[np.ndarray, "V 3"]:
    count = len(vertices)
    pairs = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), axis=1), axis=0)
    degree = np.bincount(pairs.ravel(), minlength=count)[:, None]
    moved = vertices.copy()
    moved[free] = surface.project(moved[free], 12)
    for _ in range(rounds):
        total = np.zeros_like(moved)
        np.add.at(total, pairs[:, 0], moved[pairs[:, 1]])
        np.add.at(total, pairs[:, 1], moved[pairs[:, 0]])
        pull = 0.5 * (total / degree - moved)[free]
        normal = surface.gradient(moved[free])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
        moved[free] += pull - (pull * normal).sum(1, keepdims=True) * normal
        moved[free] = surface.project(moved[free], 3)
    moved[free] = surface.project(moved[free], 10)
    return moved


def _columns(x: float) -> tuple[float, float]:
    """Radial and ulnar edge of the palm at x (both relative to the wrist), leaving the thumb out."""
    along = np.array([-30.0, 0.0, 15.0, 50.0, 84.0, 110.0])
    radial = np.interp(x, along, [27.0, 26.0, 25.5, 29.0, 34.5, 36.5])
    ulnar = np.interp(x, along, [-27.0, -26.0, -28.0, -40.0, -45.5, -49.0])
    return float(radial), float(ulnar)


def _knuckle_offset(y: float) -> float:
    return float(np.interp(y, [-42.0, -36.0, -17.5, 3.0, 25.0, 32.0], [-14.0, -12.0, -3.0, 2.0, -1.0, -4.0]))


def _place_palm(vertices: Float[np.ndarray, "V 3"], topology: Topology) -> None:
    for ring in range(PALM_RINGS):
        radial, ulnar = _columns(RING_X[ring])
        share = ring / (PALM_RINGS - 1)
        across = np.linspace(radial - 3.5, ulnar + 3.5, SPAN)
        along = np.array([RING_X[ring] + share**2 * (_knuckle_offset(float(y)) + 2.0) for y in across])
        vertices[topology.palm[ring, :SPAN]] = _cast_z(along, across, 1.0)
        vertices[topology.palm[ring, [palmar(column) for column in range(SPAN)]]] = _cast_z(along, across, -1.0)
        for place, y, side in ((RADIAL, radial, 1.0), (ULNAR, ulnar, -1.0)):
            if topology.palm[ring, place] >= 0:
                x = RING_X[ring] + share**2 * (_knuckle_offset(y) + 2.0)
                origin = WRIST + np.array([x, y - side * 10.0, -4.0])
                vertices[topology.palm[ring, place]] = surface.cast(origin[None], np.array([[0.0, side, 0.0]]))[0]
    spots = np.zeros((SPAN, 3))
    for column in range(SPAN):
        finger, within = min(column // 3, 3), column - 3 * min(column // 3, 3)
        lateral = (1.5 - within) / 1.5
        bone = FINGERS[finger]
        base = bone.joints[0] + bone.direction * (12.5 if finger < 3 else 11.0)
        spots[column] = base + np.cross(bone.dorsal, bone.direction) * lateral * EDGE - WRIST
    vertices[topology.distal[:SPAN]] = _cast_z(spots[:, 0], spots[:, 1], 1.0)
    vertices[topology.distal[14:27]] = _cast_z(spots[:, 0], spots[:, 1], -1.0)
    ends = [bone.joints[0] + bone.direction * 14.0 for bone in FINGERS]
    between = [(near + far) / 2 + [2.0, 0, -1.5] for near, far in pairwise(ends)]
    webs = [ends[0] + [0, 10, 0], *between, ends[3] - [0, 9, 0]]
    for place, web in zip((27, 28, 29, 30, 13), webs, strict=True):
        vertices[topology.distal[place]] = web
    cap = vertices[topology.palm[0]].mean(0)
    angles = np.linspace(0, 1, len(topology.cap_ring), endpoint=False) * 28
    ring = vertices[topology.palm[0]]
    low = angles.astype(np.int64)
    rim = ring[low] + (angles % 1)[:, None] * (ring[(low + 1) % 28] - ring[low])
    vertices[topology.cap_ring] = cap + 0.55 * (rim - cap)
    vertices[topology.cap_ring, 0] = surface.STUMP_X
    vertices[topology.cap_centre] = [surface.STUMP_X, cap[1], cap[2]]


def _cast_z(x: Float[np.ndarray, " N"], y: Float[np.ndarray, " N"], up: float) -> Float[np.ndarray, "N 3"]:
    origins = WRIST + np.stack([x, y, np.full(len(x), -3.0)], 1)
    return surface.cast(origins, np.array([[0.0, 0.0, up]]))


def _place_finger(
    vertices: Float[np.ndarray, "V 3"], rings: Int[np.ndarray, "10 10"], tip: int, finger: Finger
) -> None:
    _, b, c, end = (float(np.linalg.norm(point - finger.joints[0])) for point in finger.joints)
    step, last = 0.155 * b, end - finger.radii[3]
    near = b - 2.1 * step
    wide = 0.9 * step
    places = [near, b - step, b, b + step, (b + step + c - step) / 2, c - wide, c, c + wide, last - 1.0, last]
    tilts = [0.0] * 8 + [8.0, 48.0]
    side = -finger.flexion_axis
    for ring, (along, tilt) in enumerate(zip(places, np.deg2rad(tilts), strict=True)):
        origin = finger.joints[0] + along * finger.direction
        angle = np.deg2rad(36.0 * np.arange(10) - 54.0)[:, None]
        radial = np.cos(angle) * finger.dorsal + np.sin(angle) * side
        vertices[rings[ring]] = surface.cast(
            np.repeat(origin[None], 10, 0), np.cos(tilt) * radial + np.sin(tilt) * finger.direction
        )
    vertices[tip] = surface.cast(finger.joints[3][None] - 5.0 * finger.direction, finger.direction[None])[0]


def _place_thumb(vertices: Float[np.ndarray, "V 3"], topology: Topology) -> None:
    a, b, c, end = THUMB.joints
    along = THUMB.direction
    up = np.array([0.0, 0.0, 1.0]) - along[2] * along
    up /= np.linalg.norm(up)
    web = -np.cross(up, along)
    last = (end - c) / np.linalg.norm(end - c)
    first, middle = (b - a) / np.linalg.norm(b - a), (c - b) / np.linalg.norm(c - b)
    stop = end - THUMB.radii[3] * last
    spots = [
        (b - 4.0 * first, first, 0), (b + 2.0 * middle, first + middle, 0), (b + 8.5 * middle, middle, 0),
        (b + 16.5 * middle, middle, 0), (c - 6.0 * middle, middle, 0), (c, middle + last, 0),
        (c + 6.0 * last, last, 0), (stop - 2.0 * last, last, 8), (stop, last, 48),
    ]  # fmt: skip
    for ring, (origin, towards, tilt_deg) in enumerate(spots):
        axis = towards / np.linalg.norm(towards)
        angle, tilt = np.deg2rad(36.0 * np.arange(10) - 54.0)[:, None], np.deg2rad(tilt_deg)
        radial = np.cos(angle) * up + np.sin(angle) * web
        radial = radial - (radial @ axis)[:, None] * axis
        radial /= np.linalg.norm(radial, axis=1)[:, None]
        directions = np.cos(tilt) * radial + np.sin(tilt) * axis
        found = surface.cast(np.repeat(origin[None], 10, 0), directions)
        # Rays through the web would end in the index finger.
        arm = found - origin
        length = np.linalg.norm(arm, axis=1, keepdims=True)
        vertices[topology.thumb_rings[ring + 2]] = origin + arm * np.minimum(1.0, 13.0 / length)
    hole, collar = vertices[topology.thumb_loop], vertices[topology.thumb_rings[2]]
    for step in (0, 1):
        vertices[topology.thumb_rings[step]] = hole + (step + 1) / 3.0 * (collar - hole)
    vertices[topology.thumb_tip] = surface.cast((end - 5.0 * last)[None], last[None])[0]
