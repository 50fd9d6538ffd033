"""Where a camera could stand: around the table, hand and object in view for the whole clip, the hand large."""

from __future__ import annotations

from math import cos, pi, radians, sin

import numpy as np
from jaxtyping import Bool, Float, Float64

from pam_models.conditions.camera import Camera, intrinsics, look_at

ELEVATION_DEG = (15.0, 60.0)
FOV_DEG = (32.0, 38.0)
FLESH_M = 0.014
MARGIN = 0.95
# An object may lose its rim to the picture's border; the hand may not.
OBJECT_SHARE = 0.75
UP = np.array([0.0, 0.0, 1.0])


def sample_camera(
    joints_world_m: Float[np.ndarray, "T 21 3"],
    object_vertices_m: Float[np.ndarray, "V 3"],
    object_T_world: Float[np.ndarray, "T 4 4"],
    seed: int,
    width: int,
    height: int,
    *,
    views: int = 16,
) -> Camera:
    """Draw `views` cameras that see everything, and return the one in which most joints are in sight.

    Elevation 15..60 degrees, any azimuth, vertical field of view about 35 degrees; as near as the picture allows.
    """
    rng = np.random.default_rng([seed, 3])
    corners = _box_corners(object_vertices_m)
    thing = np.einsum("tij,cj->tci", object_T_world[:, :3, :3], OBJECT_SHARE * corners) + object_T_world[:, None, :3, 3]
    points = np.concatenate([joints_world_m.reshape(-1, 3), thing.reshape(-1, 3)]).astype(np.float64)
    frames = np.linspace(0, len(joints_world_m) - 1, 6).astype(int)
    best: Camera | None = None
    best_score = -1.0
    for _ in range(views):
        azimuth = rng.uniform(0.0, 2 * pi)
        elevation = radians(rng.uniform(*ELEVATION_DEG))
        outward = np.array([cos(azimuth) * cos(elevation), sin(azimuth) * cos(elevation), sin(elevation)])
        K = intrinsics(rng.uniform(*FOV_DEG), width, height)
        camera = _fitted(points, outward, K, width, height, closeness=rng.uniform(1.0, 1.08))
        seen = in_sight(camera, joints_world_m[frames], corners, object_T_world[frames]).mean()
        score = float(seen) + 0.25 * _spread(camera, joints_world_m[frames]) + 1.2 * hand_size(camera, joints_world_m[frames])
        if score > best_score:
            best, best_score = camera, score
    if best is None:
        raise ValueError(f"views must be at least 1, got {views}")
    return best


def in_picture(camera: Camera, points_world_m: Float[np.ndarray, "T N 3"]) -> Bool[np.ndarray, "T N"]:
    """Which points fall inside the picture, in front of the camera."""
    uv = camera.project(points_world_m)
    with np.errstate(invalid="ignore"):
        inside = (uv[..., 0] >= -0.5) & (uv[..., 0] <= camera.width - 0.5) & (uv[..., 1] >= -0.5) & (uv[..., 1] <= camera.height - 0.5)
    return np.asarray(inside)


def in_sight(
    camera: Camera, joints_world_m: Float[np.ndarray, "T 21 3"], corners_m: Float[np.ndarray, "8 3"], object_T_world: Float[np.ndarray, "T 4 4"]
) -> Bool[np.ndarray, "T 21"]:
    """Which joints are not behind the object's bounding box, seen from the camera."""
    rotation, shift = object_T_world[:, :3, :3].astype(np.float64), object_T_world[:, :3, 3].astype(np.float64)
    eye = np.einsum("tij,ti->tj", rotation, camera.T_world_cam[:3, 3] - shift)[:, None]
    joints = np.einsum("tij,tni->tnj", rotation, joints_world_m - shift[:, None])
    ray = joints - eye
    ray = np.where(np.abs(ray) < 1e-9, 1e-9, ray)
    first, second = (corners_m.min(0) - eye) / ray, (corners_m.max(0) - eye) / ray
    enter, leave = np.minimum(first, second).max(-1), np.maximum(first, second).min(-1)
    length = np.linalg.norm(ray, axis=-1)
    hidden = (enter < leave) & (enter * length < length - 0.015)
    return np.asarray(~hidden)


def _fitted(points: Float64[np.ndarray, "N 3"], outward: Float64[np.ndarray, "3"], K: Float[np.ndarray, "3 3"], width: int, height: int, closeness: float) -> Camera:
    """The nearest camera in a direction that keeps every point (with flesh around it) inside the picture."""
    target = (points.min(0) + points.max(0)) / 2
    distance = 1.0
    focal = float(K[0, 0])
    for _ in range(4):
        camera = Camera(K, look_at(target + outward * distance, target, UP), width, height)
        axes = camera.T_world_cam[:3, :3].astype(np.float64)
        local = (points - target) @ axes
        across = (np.abs(local[:, 0]) + FLESH_M) * focal / (MARGIN * width / 2) - local[:, 2]
        down = (np.abs(local[:, 1]) + FLESH_M) * focal / (MARGIN * height / 2) - local[:, 2]
        distance = float(max(across.max(), down.max()))
        seen = local[:, :2] / (local[:, 2:] + distance)
        middle = (seen.min(0) + seen.max(0)) / 2 * distance
        target = target + axes[:, 0] * middle[0] + axes[:, 1] * middle[1]
    local = (points - target) @ axes
    across = (np.abs(local[:, 0]) + FLESH_M) * focal / (MARGIN * width / 2) - local[:, 2]
    down = (np.abs(local[:, 1]) + FLESH_M) * focal / (MARGIN * height / 2) - local[:, 2]
    distance = float(max(across.max(), down.max())) * closeness
    return Camera(K, look_at(target + outward * distance, target, UP), width, height)


def hand_size(camera: Camera, joints_world_m: Float[np.ndarray, "T 21 3"]) -> float:
    """Longer side of the hand's box in the picture relative to the picture's height, mean over frames."""
    uv = camera.project(joints_world_m)
    return float((uv.max(1) - uv.min(1)).max(-1).mean() / camera.height)


def _spread(camera: Camera, joints_world_m: Float[np.ndarray, "T 21 3"]) -> float:
    """How far the joints spread in the picture, relative to how far they could (1: the hand lies parallel to the picture)."""
    local = camera.to_camera(joints_world_m).astype(np.float64)
    centred = local - local.mean(1, keepdims=True)
    flat = np.linalg.norm(centred[..., :2], axis=-1).mean()
    return float(flat / np.linalg.norm(centred, axis=-1).mean())


def _box_corners(vertices_m: Float[np.ndarray, "V 3"]) -> Float64[np.ndarray, "8 3"]:
    low, high = vertices_m.min(0).astype(np.float64), vertices_m.max(0).astype(np.float64)
    choice = np.array([[(corner >> axis) & 1 for axis in range(3)] for corner in range(8)])
    return np.where(choice == 1, high, low)
