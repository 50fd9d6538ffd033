"""Grasp proposals: where the wrist could stand, and how the fingers could close, for an object on the table."""

from dataclasses import dataclass
from math import cos, pi, radians, sin

import mujoco
import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from pam_models.pose.physics.hand_body import HandBody
from pam_models.pose.physics.hand_shapes import SQUEEZE, HandShape, HandShapeSampler
from pam_models.pose.physics.kinematics import pad_radius_m
from pam_models.pose.physics.scene import Scene

Vec3 = Float64[np.ndarray, "3"]
CLEARANCE_M = 0.002
PADS = ("index", "middle")
EDGE_SHARE = 0.4
_APERTURES = 14
EDGE_M = 0.03
_AZIMUTHS = 8


@dataclass(frozen=True)
class Grasp:
    """A wrist pose at which the fingers close, the direction it is approached along, and the hand's shapes."""

    kind: str
    wrist_m: Vec3
    rotation: Float64[np.ndarray, "3 3"]
    approach: Vec3
    shape: HandShape


class ProposalSampler:
    """Draws wrist poses around an object and keeps those that start clear of it and of the table."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._data = mujoco.MjData(scene.model)
        self._points = scene.thing.resting_vertices_m()
        self._pad_radius_m = pad_radius_m(scene.body)
        self._shapes = HandShapeSampler(scene.body)
        self._triangles = self._points[scene.thing.mesh.faces]

    def sample(self, rng: np.random.Generator, count: int, attempts: int, *, wide: bool = False) -> list[Grasp]:
        """Return at most `count` proposals from at most `attempts` draws; `wide` ones spread the hand."""
        found: list[Grasp] = []
        for _ in range(attempts):
            grasp = self._span(rng) if wide else self._draw(rng)
            if grasp is not None:
                found.append(grasp)
            if len(found) == count:
                break
        return found

    def _draw(self, rng: np.random.Generator) -> Grasp | None:
        low, high = self._points.min(0), self._points.max(0)
        tall = high[2] > 0.075
        kind = "power" if rng.random() < (0.7 if tall else 0.15) else "pinch"
        shape = self._shapes.sample(kind, rng)
        if kind == "power":
            return self._power(rng, shape, low, high)
        if rng.random() < EDGE_SHARE:
            return self._edge_pinch(rng, shape, low, high)
        return self._pinch(rng, shape, low, high)

    def _power(self, rng: np.random.Generator, shape: HandShape, low: Vec3, high: Vec3) -> Grasp | None:
        """The palm lies against the object's side with the thumb up; the fingers wrap around."""
        body = self._scene.body
        azimuth = rng.uniform(0.0, 2 * pi)
        facing = np.array([cos(azimuth), sin(azimuth), -sin(radians(rng.uniform(-5, 20)))])
        facing /= np.linalg.norm(facing)
        thumb_up = _perpendicular(np.array([0.0, 0.0, 1.0]), facing)
        roll = radians(rng.uniform(-10, 35)) * (1 if body.side == "right" else -1)
        thumb_up = Rotation.from_rotvec(facing * roll).apply(thumb_up)
        rotation = _frame_to(body, palm=facing, thumbward=thumb_up)
        half_hand = 0.045
        floor = max(half_hand, 0.35 * high[2])
        height = rng.uniform(floor, max(floor + 0.005, min(0.75 * high[2], high[2] - 0.02)))
        centre = np.array([*(low[:2] + high[:2]) / 2, height])
        slab = np.abs(self._points[:, 2] - height) < 0.03
        near = self._points[slab] if slab.sum() >= 8 else self._points
        depth = float(((near - centre) @ -facing).max())
        heads = body.joints_m[[1, 4, 10, 7]].mean(0)
        contact = heads + body.palm.fingers * rng.uniform(-0.012, 0.018) + body.palm.palm * self._palm_thickness()
        wrist = self._wrist_at(rotation, contact, centre - facing * (depth + rng.uniform(0.002, 0.006)))
        fingers = rotation @ body.palm.fingers
        return self._settled(Grasp("power", wrist, rotation, _unit(0.6 * facing + 0.8 * fingers), shape))

    def _pinch(self, rng: np.random.Generator, shape: HandShape, low: Vec3, high: Vec3) -> Grasp | None:
        """The thumb's and the fingers' pads meet across the object; the hand comes from above or from the side."""
        target = self._points[rng.integers(len(self._points))] * 0.35 + 0.65 * (low + high) / 2
        target[2] = rng.uniform(max(0.012, 0.35 * high[2]), max(0.015, high[2] - 0.012))
        azimuth, lean = (
            rng.uniform(0.0, 2 * pi),
            radians(rng.choice([rng.uniform(0, 35), rng.uniform(35, 75)], p=[0.65, 0.35])),
        )
        across = np.array([cos(azimuth), sin(azimuth), 0.0])
        level = np.array([-sin(azimuth), cos(azimuth), 0.0])
        approach = -cos(lean) * np.array([0.0, 0.0, 1.0]) + sin(lean) * level * rng.choice([-1.0, 1.0])
        width, middle = self._extent(target, across, approach)
        return self._pinched(shape, target + across * middle, width, across, approach)

    def _span(self, rng: np.random.Generator) -> Grasp | None:
        """Across the object where it is narrowest, from above, the hand spread: for things as wide as a palm."""
        low, high = self._points.min(0), self._points.max(0)
        shape = self._shapes.sample("span", rng)
        target = self._points[rng.integers(len(self._points))] * 0.2 + 0.8 * (low + high) / 2
        target[2] = rng.uniform(max(0.015, high[2] - 0.045), max(0.02, high[2] - 0.012))
        down = np.array([0.0, 0.0, -1.0])
        tried = []
        for azimuth in rng.uniform(0.0, 2 * pi, _AZIMUTHS):
            across = np.array([cos(azimuth), sin(azimuth), 0.0])
            width, middle = self._extent(target, across, down)
            tried.append((width, middle, azimuth))
        width, middle, azimuth = min(tried)
        across, level = np.array([cos(azimuth), sin(azimuth), 0.0]), np.array([-sin(azimuth), cos(azimuth), 0.0])
        lean = radians(rng.uniform(0, 30))
        approach = cos(lean) * down + sin(lean) * level * rng.choice([-1.0, 1.0])
        return self._pinched(shape, target + across * middle, width, across, approach)

    def _edge_pinch(self, rng: np.random.Generator, shape: HandShape, low: Vec3, high: Vec3) -> Grasp | None:
        """From above over something thin that stands up: a rim, a handle, a wall."""
        tops = self._points[self._points[:, 2] > low[2] + 0.7 * (high[2] - low[2])]
        target = tops[rng.integers(len(tops))] - np.array([0.0, 0.0, rng.uniform(0.008, 0.018)])
        outward = target[:2] - (low[:2] + high[:2]) / 2
        azimuth = np.arctan2(outward[1], outward[0]) + rng.normal(0.0, 0.25) + rng.choice([0.0, pi])
        across = np.array([cos(azimuth), sin(azimuth), 0.0])
        lean = radians(rng.uniform(-10, 40))
        level = np.array([-sin(azimuth), cos(azimuth), 0.0]) * rng.choice([-1.0, 1.0])
        approach = -cos(lean) * np.array([0.0, 0.0, 1.0]) + sin(lean) * level
        span = nearest_solid(target, across, self._triangles)
        if span is None or span[1] - span[0] > EDGE_M:
            return None
        return self._pinched(shape, target + across * (span[0] + span[1]) / 2, span[1] - span[0], across, approach)

    def _pinched(self, shape: HandShape, target: Vec3, width: float, across: Vec3, approach: Vec3) -> Grasp | None:
        """Place the hand so that its pads close on `target` along `across`; None when it cannot open that far."""
        aperture = self._pad_frames(shape)
        widths = np.array([gap for gap, _, _, _ in aperture])
        wanted = width + 0.006
        if wanted > widths.max():
            return None
        # Further on the pads may pass each other and part again, so the first crossing counts.
        narrow = np.flatnonzero(widths[int(widths.argmax()) :] < wanted)
        row = int(widths.argmax()) + int(narrow[0]) - 1 if len(narrow) else len(widths) - 1
        _, centre, closing, forward = aperture[row]
        rotation = (
            np.stack([across, approach, np.cross(across, approach)], 1)
            @ np.stack([closing, forward, np.cross(closing, forward)], 1).T
        )
        share = row / (len(aperture) - 1) / SQUEEZE
        opened = shape.opened + max(0.0, share - 0.12) * (shape.closed - shape.opened)
        wrist = self._wrist_at(rotation, centre, target)
        return self._settled(Grasp("pinch", wrist, rotation, approach, HandShape(shape.relaxed, opened, shape.closed)))

    def _settled(self, grasp: Grasp) -> Grasp | None:
        """Raise the hand out of the table; None when it meets the object, comes from below, or is raised too far."""
        fingers = grasp.rotation @ self._scene.body.palm.fingers
        palm = grasp.rotation @ self._scene.body.palm.palm
        if fingers[2] > 0.25 or palm[2] > 0.35:
            return None
        for _ in range(2):
            table, thing = self._depths(grasp)
            if thing > CLEARANCE_M:
                return None
            if table <= 0.0:
                return grasp
            if table > 0.02:
                return None
            grasp = Grasp(
                grasp.kind,
                grasp.wrist_m + np.array([0.0, 0.0, table + 0.001]),
                grasp.rotation,
                grasp.approach,
                grasp.shape,
            )
        return grasp

    def _depths(self, grasp: Grasp) -> tuple[float, float]:
        """How deep (metres) the open hand stands in the table and in the object."""
        data, scene = self._data, self._scene
        data.qpos[:] = scene.qpos(grasp.wrist_m, matrix_to_quat(grasp.rotation), grasp.shape.opened)
        mujoco.mj_kinematics(scene.model, data)
        mujoco.mj_comPos(scene.model, data)
        mujoco.mj_collision(scene.model, data)
        thing_body = scene.model.body("object").id
        table = thing = 0.0
        for contact in data.contact[: data.ncon]:
            owners = scene.model.geom_bodyid[contact.geom]
            if thing_body in owners and 0 in owners:
                continue
            if thing_body in owners:
                thing = max(thing, -float(contact.dist))
            else:
                table = max(table, -float(contact.dist))
        return table, thing

    def _pad_frames(self, shape: HandShape) -> list[tuple[float, Vec3, Vec3, Vec3]]:
        """Along the closing motion: free gap between the pads, their centre, thumb-to-fingers and forward directions
        (rest frame).
        """
        body, scene, data = self._scene.body, self._scene, self._data
        frames = []
        for share in np.linspace(0.0, 1.0 / SQUEEZE, _APERTURES):
            angles = shape.opened + share * (shape.closed - shape.opened)
            data.qpos[:] = scene.qpos(body.joints_m[0], np.array([1.0, 0.0, 0.0, 0.0]), angles)
            mujoco.mj_kinematics(scene.model, data)
            thumb = self._pad("thumb")
            fingers = np.mean([self._pad(finger) for finger in PADS], axis=0)
            closing = _unit(fingers - thumb)
            centre = (thumb + fingers) / 2
            forward = _unit(_perpendicular(centre - body.joints_m[0], closing))
            frames.append((float(np.linalg.norm(fingers - thumb)) - 2 * self._pad_radius_m, centre, closing, forward))
        return frames

    def _pad(self, finger: str) -> Vec3:
        """Centre of the fingertip's flesh in the current kinematic state."""
        last = {"index": 3, "middle": 6, "pinky": 9, "ring": 12, "thumb": 15}[finger]
        capsule = next(capsule for capsule in self._scene.body.capsules if capsule.joint == last)
        body_id = self._scene.model.body(f"joint{last}").id
        local = 0.4 * capsule.start_m + 0.6 * capsule.end_m
        world: Vec3 = self._data.xpos[body_id] + self._data.xmat[body_id].reshape(3, 3) @ local
        return world

    def _extent(self, target: Vec3, across: Vec3, approach: Vec3) -> tuple[float, float]:
        """Width of the object along `across` in a finger-thick tube at the target, and where its middle is."""
        offset = self._points - target
        sideways = np.cross(across, approach)
        near = offset[np.abs(offset @ sideways) < 0.02]
        reach = near[np.abs(near @ approach) < 0.015] if len(near) else near
        chosen = reach if len(reach) >= 4 else (near if len(near) >= 4 else offset)
        along = chosen @ across
        return float(np.ptp(along)), float((along.max() + along.min()) / 2)

    def _palm_thickness(self) -> float:
        palm = [capsule for capsule in self._scene.body.capsules if capsule.joint == 0]
        return float(np.mean([capsule.radius_m for capsule in palm]))

    def _wrist_at(self, rotation: Float64[np.ndarray, "3 3"], hand_point: Vec3, world_point: Vec3) -> Vec3:
        wrist: Vec3 = world_point - rotation @ (hand_point - self._scene.body.joints_m[0])
        return wrist


def nearest_solid(point: Vec3, direction: Vec3, triangles: Float64[np.ndarray, "F 3 3"]) -> tuple[float, float] | None:
    """The stretch of solid nearest to a point along a line, as signed distances from the point; None where there is
    none.

    Crossings are found by the Moeller-Trumbore test; they alternate between entering and leaving the solid.
    """
    edge1, edge2 = triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    across = np.cross(direction, edge2)
    det = np.einsum("fi,fi->f", edge1, across)
    usable = np.abs(det) > 1e-14
    det = np.where(usable, det, 1.0)
    from_corner = point - triangles[:, 0]
    u = np.einsum("fi,fi->f", from_corner, across) / det
    beside = np.cross(from_corner, edge1)
    v = beside @ direction / det
    hit = usable & (u >= 0) & (v >= 0) & (u + v <= 1)
    crossings = np.unique(np.round((np.einsum("fi,fi->f", edge2, beside) / det)[hit], 6))
    if len(crossings) < 2:
        return None
    spans = [(float(a), float(b)) for a, b in zip(crossings[:-1:2], crossings[1::2], strict=False)]
    return min(spans, key=lambda span: max(span[0], -span[1], 0.0))


def matrix_to_quat(rotation: Float64[np.ndarray, "3 3"]) -> Float64[np.ndarray, "4"]:
    """Quaternion wxyz of a rotation matrix."""
    quat: Float64[np.ndarray, 4] = Rotation.from_matrix(rotation).as_quat(scalar_first=True)
    return quat


def _frame_to(body: HandBody, palm: Vec3, thumbward: Vec3) -> Float64[np.ndarray, "3 3"]:
    rest = np.stack([body.palm.palm, body.palm.thumbward, np.cross(body.palm.palm, body.palm.thumbward)], 1)
    rotation: Float64[np.ndarray, "3 3"] = np.stack([palm, thumbward, np.cross(palm, thumbward)], 1) @ rest.T
    return rotation


def _perpendicular(vector: Vec3, to: Vec3) -> Vec3:
    return _unit(vector - to * (vector @ to))


def _unit(vector: Vec3) -> Vec3:
    unit: Vec3 = vector / np.linalg.norm(vector)
    return unit
