"""Connectivity of the free hand: a palm tube of rings that opens into four fingers, with a side hole for the thumb.

Every tube has its rings in the same sense of rotation, so that all faces come out counter-clockwise from outside.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

AROUND = 28  # a palm ring: dorsal D0..D12 (index to pinky), ulnar side, palmar P12..P0, radial side
SPAN = 13
ULNAR, RADIAL = 13, 27
PALM_RINGS = 8
HOLE_FIRST, HOLE_LAST = 3, 6
FINGER_AROUND = 10
FINGER_RINGS = 10
THUMB_RINGS = 11
CAP_RING = 9


@dataclass(frozen=True)
class Topology:
    """Faces and the meaning of each vertex number; -1 marks a place of the palm grid where the thumb's hole is."""

    faces: Int[np.ndarray, "F 3"]
    palm: Int[np.ndarray, "8 28"]
    distal: Int[np.ndarray, "31"]
    finger_rings: Int[np.ndarray, "4 10 10"]
    finger_tips: Int[np.ndarray, "4"]
    thumb_loop: Int[np.ndarray, "10"]
    thumb_rings: Int[np.ndarray, "11 10"]
    thumb_tip: int
    cap_ring: Int[np.ndarray, "9"]
    cap_centre: int
    count: int


def palmar(column: int) -> int:
    """Place in a palm ring of the palmar vertex opposite dorsal vertex `column`."""
    return 14 + (SPAN - 1 - column)


def build_topology() -> Topology:
    """Number the vertices and connect them."""
    palm = np.full((PALM_RINGS, AROUND), -1, np.int64)
    count = 0
    for ring in range(PALM_RINGS):
        for place in range(AROUND):
            if not (HOLE_FIRST < ring < HOLE_LAST and place == RADIAL):
                palm[ring, place] = count
                count += 1
    distal = np.arange(count, count + 31)
    count += 31
    finger_rings = np.arange(count, count + 4 * FINGER_RINGS * FINGER_AROUND).reshape(4, FINGER_RINGS, FINGER_AROUND)
    count += finger_rings.size
    finger_tips = np.arange(count, count + 4)
    count += 4
    thumb_rings = np.arange(count, count + THUMB_RINGS * FINGER_AROUND).reshape(THUMB_RINGS, FINGER_AROUND)
    count += thumb_rings.size
    thumb_tip = count
    cap_ring = np.arange(count + 1, count + 1 + CAP_RING)
    cap_centre = count + 1 + CAP_RING
    count += CAP_RING + 2

    faces: list[tuple[int, int, int]] = []
    for ring in range(PALM_RINGS - 1):
        skipped = {RADIAL, RADIAL - 1} if HOLE_FIRST <= ring < HOLE_LAST else set()
        _tube(faces, palm[ring], palm[ring + 1], skipped)
    around = distal[np.r_[0:13, 13, 26:13:-1, 27]]
    _tube(faces, palm[-1], around, set())
    for finger in range(4):
        _tube(faces, finger_base(distal, finger), finger_rings[finger, 0], set())
        for ring in range(FINGER_RINGS - 1):
            _tube(faces, finger_rings[finger, ring], finger_rings[finger, ring + 1], set())
        _fan(faces, finger_rings[finger, -1], int(finger_tips[finger]))
    rows = np.arange(HOLE_FIRST, HOLE_LAST + 1)
    low = palmar(0)
    loop = np.concatenate([palm[rows, 0], palm[[HOLE_LAST], RADIAL], palm[rows[::-1], low], palm[[HOLE_FIRST], RADIAL]])
    _tube(faces, loop, thumb_rings[0], set())
    for ring in range(THUMB_RINGS - 1):
        _tube(faces, thumb_rings[ring], thumb_rings[ring + 1], set())
    _fan(faces, thumb_rings[-1], thumb_tip)
    _annulus(faces, palm[0], cap_ring)
    _fan(faces, cap_ring[::-1], cap_centre)
    return Topology(
        np.array(faces, np.int32), palm, distal, finger_rings, finger_tips, loop, thumb_rings, thumb_tip, cap_ring,
        cap_centre, count,
    )  # fmt: skip


def finger_base(distal: Int[np.ndarray, "31"], finger: int) -> Int[np.ndarray, "10"]:
    """The loop of the palm's far end out of which a finger grows: 4 dorsal, a web, 4 palmar, a web."""
    dorsal, palm, side = (
        distal[:13],
        distal[14:27],
        np.array([distal[27], distal[28], distal[29], distal[30], distal[13]]),
    )
    columns = np.arange(3 * finger, 3 * finger + 4)
    return np.concatenate([dorsal[columns], [side[finger + 1]], palm[columns[::-1]], [side[finger]]])


def _tube(
    faces: list[tuple[int, int, int]], near: Int[np.ndarray, " n"], far: Int[np.ndarray, " n"], skipped: set[int]
) -> None:
    n = len(near)
    for place in range(n):
        if place in skipped:
            continue
        following = (place + 1) % n
        a, b, c, d = int(near[place]), int(near[following]), int(far[following]), int(far[place])
        if place % 2:
            faces += [(a, b, c), (a, c, d)]
        else:
            faces += [(a, b, d), (b, c, d)]


def _fan(faces: list[tuple[int, int, int]], ring: Int[np.ndarray, " n"], centre: int) -> None:
    faces.extend((int(ring[place]), int(ring[(place + 1) % len(ring)]), centre) for place in range(len(ring)))


def _annulus(faces: list[tuple[int, int, int]], outer: Int[np.ndarray, " n"], inner: Int[np.ndarray, " m"]) -> None:
    n, m = len(outer), len(inner)
    i = j = 0
    while i < n or j < m:
        if j >= m or (i < n and (i + 1) / n <= (j + 0.5) / m + 1e-9):
            faces.append((int(outer[(i + 1) % n]), int(outer[i % n]), int(inner[j % m])))
            i += 1
        else:
            faces.append((int(outer[i % n]), int(inner[j % m]), int(inner[(j + 1) % m])))
            j += 1
