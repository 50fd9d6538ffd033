"""Procedural objects: everyday things of random size whose convex parts are known by construction.

Every object stands (or lies) on the table in its own frame: the frame's origin is the centre of its bounding box and
+z is up.
"""

from collections.abc import Callable
from math import pi

import numpy as np

from pam_models.pose.physics.rigid_object import RigidObject
from pam_models.pose.physics.shapes import (
    ConvexPart,
    TriangleMesh,
    box_mesh,
    capsule_between,
    hull_part,
    lathe_mesh,
    merge,
    mesh_volume_m3,
    tube_mesh,
)
from pam_models.pose.trajectory import ObjectMesh

LICENSE_TAG = "pam-procedural-objects:Apache-2.0"
EDGE_M = 0.002
_Built = tuple[TriangleMesh, list[ConvexPart]]
_QUARTER = (float(np.sqrt(0.5)), float(np.sqrt(0.5)))


def _round_profile(radius: float, low: float, high: float) -> list[tuple[float, float]]:
    return [
        (0.0, low),
        (radius * 0.6, low),
        (radius - EDGE_M, low),
        (radius, low + EDGE_M),
        *((radius, z) for z in np.linspace(low, high, 5)[1:-1]),
        (radius, high - EDGE_M),
        (radius - EDGE_M, high),
        (radius * 0.6, high),
        (0.0, high),
    ]


def _cylinder(radius: float, low: float, high: float) -> ConvexPart:
    return ConvexPart("cylinder", (radius, (high - low) / 2), (0.0, 0.0, (high + low) / 2))


def _frustum(low_radius: float, low: float, high_radius: float, high: float) -> ConvexPart:
    angles = np.linspace(0.0, 2 * pi, 20, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], 1)
    levels = [
        np.column_stack([ring * radius, np.full(len(ring), z)])
        for radius, z in ((low_radius, low), (high_radius, high))
    ]
    return hull_part(np.concatenate(levels))


def _make_box(rng: np.random.Generator) -> _Built:
    half = np.array([rng.uniform(0.022, 0.034), rng.uniform(0.03, 0.055), rng.uniform(0.04, 0.09)])
    return box_mesh(half.tolist()), [ConvexPart("box", tuple(half.tolist()))]


def _make_cylinder(rng: np.random.Generator) -> _Built:
    radius, height = rng.uniform(0.02, 0.03), rng.uniform(0.11, 0.2)
    return lathe_mesh(_round_profile(radius, 0.0, height)), [_cylinder(radius, 0.0, height)]


def _make_can(rng: np.random.Generator) -> _Built:
    radius, height = rng.uniform(0.03, 0.038), rng.uniform(0.09, 0.14)
    profile = [
        (0.0, 0.002),
        (radius - 0.005, 0.002),
        (radius - EDGE_M, 0.0),
        (radius, EDGE_M),
        *((radius, z) for z in np.linspace(0, height, 5)[1:-1]),
        (radius, height - EDGE_M),
        (radius - EDGE_M, height),
        (radius - 0.005, height - 0.002),
        (0.0, height - 0.002),
    ]
    return lathe_mesh(profile), [_cylinder(radius, 0.0, height)]


def _make_bottle(rng: np.random.Generator) -> _Built:
    radius, body = rng.uniform(0.028, 0.038), rng.uniform(0.11, 0.15)
    neck, shoulder, top = rng.uniform(0.012, 0.016), rng.uniform(0.025, 0.04), rng.uniform(0.025, 0.035)
    z_shoulder, z_top = body + shoulder, body + shoulder + top
    profile = [
        (0.0, 0.0),
        (radius - EDGE_M, 0.0),
        (radius, EDGE_M),
        *((radius, z) for z in np.linspace(0, body, 6)[1:-1]),
        (radius, body),
        ((radius + neck) / 2, body + shoulder / 2),
        (neck, z_shoulder),
        (neck, z_shoulder + top / 2),
        (neck + 0.002, z_shoulder + top / 2),
        (neck + 0.002, z_top),
        (0.0, z_top),
    ]
    parts = [
        _cylinder(radius, 0.0, body),
        _frustum(radius, body, neck, z_shoulder),
        _cylinder(neck + 0.002, z_shoulder, z_top),
    ]
    return lathe_mesh(profile), parts


def _make_mug(rng: np.random.Generator) -> _Built:
    """Hollow, with a handle: it is held by its body, its handle or its rim."""
    radius, height, wall = rng.uniform(0.035, 0.041), rng.uniform(0.085, 0.11), 0.004
    outer = [
        (0.0, 0.0),
        (radius - EDGE_M, 0.0),
        (radius, EDGE_M),
        *((radius, z) for z in np.linspace(0, height, 6)[1:-1]),
        (radius, height - 0.001),
    ]
    inside = [
        (radius - wall / 2, height),
        (radius - wall, height - 0.001),
        (radius - wall, height / 2),
        (radius - wall, wall),
        (0.0, wall),
    ]
    reach, half, thick = rng.uniform(0.026, 0.034), height * rng.uniform(0.28, 0.34), rng.uniform(0.0045, 0.006)
    angle = np.linspace(-pi / 2, pi / 2, 11)
    path = np.stack(
        [radius - wall / 2 + reach * np.cos(angle) ** 0.7, np.zeros(11), height / 2 + half * np.sin(angle)], 1
    )
    mesh = merge([lathe_mesh([*outer, *inside]), tube_mesh(path, thick, (0.0, 1.0, 0.0))])
    parts = [_cylinder(radius, 0.0, wall), *_ring_of_boxes(radius, wall, 0.0, height)]
    return mesh, [*parts, *(capsule_between(path[i], path[i + 2], thick) for i in range(0, 10, 2))]


def _ring_of_boxes(radius: float, wall: float, low: float, high: float, count: int = 20) -> list[ConvexPart]:
    """An upright tube wall of flat boxes, half of their sagitta inside the round surface and half outside."""
    half_angle = pi / count
    middle = radius * (1 + np.cos(half_angle)) / 2 - wall / 2
    half = (wall / 2, radius * float(np.tan(half_angle)), (high - low) / 2)
    parts = []
    for index in range(count):
        angle = 2 * half_angle * index
        pos = (middle * float(np.cos(angle)), middle * float(np.sin(angle)), (high + low) / 2)
        parts.append(ConvexPart("box", half, pos, (float(np.cos(angle / 2)), 0.0, 0.0, float(np.sin(angle / 2)))))
    return parts


def _make_bowl(rng: np.random.Generator) -> _Built:
    """Hollow, so that the rim can be pinched: each wall segment is a convex hull."""
    rim, base, height, wall = (
        rng.uniform(0.055, 0.07),
        rng.uniform(0.025, 0.032),
        rng.uniform(0.05, 0.065),
        rng.uniform(0.006, 0.008),
    )
    t = np.linspace(0.0, 1.0, 7)
    radii, levels = base + (rim - base) * np.sin(t * pi / 2), height * (1 - np.cos(t * pi / 2))
    inner_radii, inner_levels = radii - wall, np.maximum(levels, wall)
    profile = [
        (0.0, 0.0),
        *zip(radii.tolist(), levels.tolist(), strict=True),
        *zip(inner_radii[::-1].tolist(), inner_levels[::-1].tolist(), strict=True),
        (0.0, wall),
    ]
    parts = [_cylinder(base, 0.0, wall)]
    segments, rows = 16, [(0, 3), (3, 6)]
    for low, high in rows:
        for segment in range(segments):
            arc = np.array([segment, segment + 1]) * 2 * pi / segments
            corners = [
                (r * np.cos(a), r * np.sin(a), z)
                for a in arc
                for r, z in (
                    (radii[low], levels[low]),
                    (inner_radii[low], inner_levels[low]),
                    (radii[high], levels[high]),
                    (inner_radii[high], inner_levels[high]),
                )
            ]
            parts.append(hull_part(np.array(corners)))
    return lathe_mesh(profile), parts


def _make_ball(rng: np.random.Generator) -> _Built:
    radius = rng.uniform(0.028, 0.038)
    angle = np.linspace(-pi / 2, pi / 2, 15)
    profile = [(max(radius * float(np.cos(a)), 0.0), radius * float(np.sin(a))) for a in angle]
    return lathe_mesh([(0.0, -radius), *profile[1:-1], (0.0, radius)]), [ConvexPart("sphere", (radius,))]


def _make_hammer(rng: np.random.Generator) -> _Built:
    """Lies on the table: the handle along x, raised by the head, as a mallet lies."""
    length, grip = rng.uniform(0.17, 0.22), rng.uniform(0.012, 0.016)
    head = np.array([rng.uniform(0.016, 0.02), rng.uniform(0.032, 0.042), rng.uniform(0.018, 0.023)])
    handle = lathe_mesh(_round_profile(grip, 0.0, length))
    lying = TriangleMesh(handle.vertices_m[:, [2, 0, 1]], handle.faces)
    butt = 0.02
    foot = [grip + 0.004, float(head[2])]
    knob = box_mesh([butt / 2, foot[0], foot[1]], [butt / 2, 0.0, 0.0], cells=2)
    mesh = merge([lying, box_mesh(head.tolist(), [length, 0.0, 0.0]), knob])
    parts = [
        ConvexPart("capsule", (grip, length / 2 - grip), (length / 2, 0.0, 0.0), (_QUARTER[0], 0.0, _QUARTER[1], 0.0)),
        ConvexPart("box", tuple(head.tolist()), (length, 0.0, 0.0)),
        ConvexPart("box", (butt / 2, foot[0], foot[1]), (butt / 2, 0.0, 0.0)),
    ]
    return mesh, parts


# The colours of the segmentation palette are those of the YCB objects; each kind takes the nearest one's number.
_KINDS: dict[str, tuple[int, Callable[[np.random.Generator], _Built]]] = {
    "bottle": (5, _make_bottle),
    "mug": (14, _make_mug),
    "box": (2, _make_box),
    "can": (1, _make_can),
    "cylinder": (12, _make_cylinder),
    "ball": (21, _make_ball),
    "bowl": (13, _make_bowl),
    "hammer": (15, _make_hammer),
}
OBJECT_WORDS: tuple[str, ...] = tuple(_KINDS)


def make_object(word: str, seed: int) -> RigidObject:
    """Build one object of a kind in `OBJECT_WORDS`; the same seed gives the same object.

    Raises ValueError for an unknown kind.
    """
    if word not in _KINDS:
        raise ValueError(f"no procedural object {word!r}; there are {', '.join(OBJECT_WORDS)}")
    class_id, build = _KINDS[word]
    rng = np.random.default_rng([seed, OBJECT_WORDS.index(word)])
    raw, parts = build(rng)
    centre = (raw.vertices_m.min(0).astype(np.float64) + raw.vertices_m.max(0)) / 2
    mesh = TriangleMesh((raw.vertices_m - centre).astype(np.float32), raw.faces)
    density = rng.uniform(200.0, 600.0)
    mass = float(np.clip(mesh_volume_m3(mesh) * density, 0.05, 0.5))
    described = ObjectMesh(f"{word}-{seed % 2**32:08x}", word, class_id, mesh.vertices_m, mesh.faces, (LICENSE_TAG,))
    lowest = float(mesh.vertices_m[:, 2].min())
    return RigidObject(described, tuple(_shifted(part, -centre) for part in parts), mass, rest_height_m=-lowest)


def _shifted(part: ConvexPart, shift: np.ndarray) -> ConvexPart:
    if part.kind == "mesh":
        return hull_part(np.asarray(part.points_m) + shift)
    pos = np.asarray(part.pos) + shift
    return ConvexPart(part.kind, part.size, (float(pos[0]), float(pos[1]), float(pos[2])), part.quat)
