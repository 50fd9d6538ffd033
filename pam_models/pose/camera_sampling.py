"""Where a camera could stand: around the table, hand and object in view for the whole clip, the hand large and not
hidden.
"""

from dataclasses import dataclass
from math import cos, pi, radians, sin

import numpy as np
from jaxtyping import Bool, Float, Float64, Int

from pam_models.conditions.camera import Camera, intrinsics, look_at
from pam_models.conditions.rasterise import rasterise

ELEVATION_DEG = (15.0, 60.0)
FOV_DEG = (32.0, 38.0)
FLESH_M = 0.012
EDGE_M = 0.007
MARGIN = 0.98
# An object may lose its rim to the picture's border; the hand may not.
OBJECT_SHARE = 0.6
UP = np.array([0.0, 0.0, 1.0])
_JUDGED_FRAMES = 4
_JUDGED_HEIGHT = 48


@dataclass(frozen=True)
class Scenery:
    """What is to be seen over a clip, in a z-up world, metres."""

    hand_vertices_m: Float[np.ndarray, "T Vh 3"]
    hand_faces: Int[np.ndarray, "Fh 3"]
    joints_m: Float[np.ndarray, "T 21 3"]
    object_vertices_m: Float[np.ndarray, "Vo 3"]
    object_faces: Int[np.ndarray, "Fo 3"]
    object_T_world: Float[np.ndarray, "T 4 4"]

    def object_world_m(self, frame: int) -> Float64[np.ndarray, "Vo 3"]:
        """The object's vertices in one frame."""
        pose = self.object_T_world[frame].astype(np.float64)
        placed: Float64[np.ndarray, "Vo 3"] = self.object_vertices_m @ pose[:3, :3].T + pose[:3, 3]
        return placed


def sample_camera(scenery: Scenery, seed: int, width: int, height: int, *, views: int = 12) -> Camera:
    """Draw `views` cameras that keep everything in the picture, and return the one that shows most.

    Elevation 15..60 degrees, any azimuth, vertical field of view about 35 degrees; as near as the picture allows. A
    view is judged by the joints in sight, by how much of the object the hand hides, and by the hand's size.
    """
    if views < 1:
        raise ValueError(f"views must be at least 1, got {views}")
    rng = np.random.default_rng([seed, 3])
    points = _points_of_interest(scenery)
    cameras = []
    for _ in range(views):
        azimuth = rng.uniform(0.0, 2 * pi)
        elevation = radians(rng.uniform(*ELEVATION_DEG))
        outward = np.array([cos(azimuth) * cos(elevation), sin(azimuth) * cos(elevation), sin(elevation)])
        K = intrinsics(rng.uniform(*FOV_DEG), width, height)
        cameras.append(_fitted(points, outward, K, width, height, closeness=rng.uniform(1.0, 1.06)))
    return max(cameras, key=lambda camera: _merit(camera, scenery))


def in_picture(camera: Camera, points_world_m: Float[np.ndarray, "T N 3"]) -> Bool[np.ndarray, "T N"]:
    """Which points fall inside the picture, in front of the camera."""
    uv = camera.project(points_world_m)
    with np.errstate(invalid="ignore"):
        inside = (
            (uv[..., 0] >= -0.5)
            & (uv[..., 0] <= camera.width - 0.5)
            & (uv[..., 1] >= -0.5)
            & (uv[..., 1] <= camera.height - 0.5)
        )
    return np.asarray(inside)


def hand_size(camera: Camera, joints_world_m: Float[np.ndarray, "T 21 3"]) -> float:
    """Longer side of the joints' box in the picture relative to the picture's height, mean over frames."""
    uv = camera.project(joints_world_m)
    return float((uv.max(1) - uv.min(1)).max(-1).mean() / camera.height)


def _merit(camera: Camera, scenery: Scenery) -> float:
    small = camera.resized(round(_JUDGED_HEIGHT * camera.width / camera.height), _JUDGED_HEIGHT)
    last = len(scenery.joints_m) - 1
    frames = np.unique(np.linspace(0, last, _JUDGED_FRAMES).astype(int))
    shares = np.array([_in_sight(small, scenery, int(frame)) for frame in frames]).mean(0)
    return float(shares[0] + min(shares[1], 0.6) + 1.6 * hand_size(camera, scenery.joints_m[frames]))


def _in_sight(camera: Camera, scenery: Scenery, frame: int) -> tuple[float, float]:
    """Shares of the joints that are not behind the object or another part of the hand, and of the object's picture
    that the hand leaves free.
    """
    hand, thing = camera.to_camera(scenery.hand_vertices_m[frame]), camera.to_camera(scenery.object_world_m(frame))
    of_hand = rasterise(hand, scenery.hand_faces, camera.K, camera.height, camera.width).depth_m
    of_thing = rasterise(thing, scenery.object_faces, camera.K, camera.height, camera.width).depth_m
    covered = of_thing > 0
    free = covered & ((of_hand == 0) | (of_thing < of_hand))
    uv = camera.project(scenery.joints_m[frame])
    depth = camera.to_camera(scenery.joints_m[frame])[:, 2]
    column = np.clip(np.nan_to_num(np.rint(uv[:, 0])), 0, camera.width - 1).astype(int)
    row = np.clip(np.nan_to_num(np.rint(uv[:, 1])), 0, camera.height - 1).astype(int)
    hidden = np.zeros(len(depth), bool)
    for picture, flesh_m in ((of_thing, FLESH_M), (of_hand, 2 * FLESH_M)):
        before = picture[row, column]
        hidden |= (before > 0) & (before < depth - flesh_m)
    return float(1.0 - hidden.mean()), float(free.sum() / max(int(covered.sum()), 1))


def _points_of_interest(scenery: Scenery) -> Float64[np.ndarray, "N 3"]:
    low, high = scenery.object_vertices_m.min(0).astype(np.float64), scenery.object_vertices_m.max(0).astype(np.float64)
    choice = np.array([[(corner >> axis) & 1 for axis in range(3)] for corner in range(8)])
    middle, half = (low + high) / 2, (high - low) / 2 * OBJECT_SHARE
    corners = middle + np.where(choice == 1, half, -half)
    thing = (
        np.einsum("tij,cj->tci", scenery.object_T_world[:, :3, :3], corners) + scenery.object_T_world[:, None, :3, 3]
    )
    return np.concatenate([scenery.joints_m.reshape(-1, 3), thing.reshape(-1, 3)]).astype(np.float64)


def _fitted(
    points: Float64[np.ndarray, "N 3"],
    outward: Float64[np.ndarray, "3"],
    K: Float[np.ndarray, "3 3"],
    width: int,
    height: int,
    closeness: float,
) -> Camera:
    """The nearest camera in a direction that keeps every point, with flesh around it, inside the picture."""
    axes = look_at(outward, np.zeros(3), UP)[:3, :3].astype(np.float64)
    target = (points.min(0) + points.max(0)) / 2
    distance = _distance(points, target, axes, K, width, height)
    for _ in range(3):
        local = (points - target) @ axes
        seen = local[:, :2] / (local[:, 2:] + distance)
        target = target + axes[:, :2] @ ((seen.min(0) + seen.max(0)) / 2 * distance)
        distance = _distance(points, target, axes, K, width, height)
    return Camera(K.astype(np.float32), look_at(target + outward * distance * closeness, target, UP), width, height)


def _distance(
    points: Float64[np.ndarray, "N 3"],
    target: Float64[np.ndarray, "3"],
    axes: Float64[np.ndarray, "3 3"],
    K: Float[np.ndarray, "3 3"],
    width: int,
    height: int,
) -> float:
    local = (points - target) @ axes
    half = MARGIN * np.array([width / float(K[0, 0]), height / float(K[1, 1])]) / 2
    return float(((np.abs(local[:, :2]) + EDGE_M) / half - local[:, 2:]).max())
