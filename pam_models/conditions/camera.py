"""The pinhole camera: OpenCV axes (x right, y down, z forward), metres, pixels.

Pixel convention, kept by every file of this folder: the centre of pixel column u is the integer u, of row v the integer
v, as in OpenCV. A point on the optical axis projects to (cx, cy), a picture spans [-0.5, width - 0.5] x
[-0.5, height - 0.5], and its middle is ((W - 1) / 2, (H - 1) / 2).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32


@dataclass(frozen=True)
class Camera:
    """A pinhole camera without distortion. `T_world_cam` maps camera to world: X_world = T_world_cam @ X_cam.

    A camera that moves has one pose for each frame (T, 4, 4) and takes points (T, N, 3).
    """

    K: Float32[np.ndarray, "3 3"]
    T_world_cam: Float32[np.ndarray, "*T 4 4"]
    width: int
    height: int

    def __post_init__(self) -> None:
        """Raise ValueError on matrices of another shape and on empty pictures."""
        if self.K.shape != (3, 3) or self.T_world_cam.shape[-2:] != (4, 4) or self.T_world_cam.ndim not in (2, 3):
            raise ValueError(
                "camera wants K (3, 3) and T_world_cam (4, 4) or (T, 4, 4), "
                f"got {self.K.shape} and {self.T_world_cam.shape}"
            )
        if self.width < 1 or self.height < 1:
            raise ValueError(f"camera wants a picture of at least 1x1 pixels, got {self.width}x{self.height}")

    @property
    def moves(self) -> bool:
        """Whether there is a pose for each frame."""
        return self.T_world_cam.ndim == 3

    def at(self, frames: int | Sequence[int]) -> "Camera":
        """The camera in one frame, or in some frames in order; a still camera is the same in all."""
        if not self.moves:
            return self
        chosen = frames if isinstance(frames, int) else list(frames)
        return Camera(self.K, self.T_world_cam[chosen], self.width, self.height)

    def to_camera(self, points_world: Float[np.ndarray, "*n 3"]) -> Float32[np.ndarray, "*n 3"]:
        """World points (..., 3) in camera axes, metres. Raises ValueError where frames and poses differ in number."""
        rotation, place = self._pose(np.shape(points_world))
        return np.asarray((np.asarray(points_world, np.float64) - place) @ rotation, np.float32)

    def to_world(self, points_cam: Float[np.ndarray, "*n 3"]) -> Float32[np.ndarray, "*n 3"]:
        """Camera points (..., 3) in world axes, metres. Raises ValueError where frames and poses differ in number."""
        rotation, place = self._pose(np.shape(points_cam))
        return np.asarray(np.asarray(points_cam, np.float64) @ np.swapaxes(rotation, -1, -2) + place, np.float32)

    def _pose(self, shape: tuple[int, ...]) -> tuple[Float[np.ndarray, "*T 3 3"], Float[np.ndarray, "*T 3"]]:
        pose = self.T_world_cam.astype(np.float64)
        if not self.moves:
            return pose[:3, :3], pose[:3, 3]
        if len(shape) != 3 or shape[0] != len(pose):
            raise ValueError(f"a camera with {len(pose)} poses wants points ({len(pose)}, N, 3), got {shape}")
        return pose[:, :3, :3], pose[:, None, :3, 3]

    def project(self, points_world: Float[np.ndarray, "*n 3"]) -> Float32[np.ndarray, "*n 2"]:
        """World points (..., 3) to pixels (..., 2). Points in the camera plane or behind it are nan."""
        return project_camera_points(self.to_camera(points_world), self.K)

    def resized(self, width: int, height: int) -> "Camera":
        """The same view on another pixel grid; stretches where the aspect ratio differs, so labels stay exact."""
        scale = np.array([width / self.width, height / self.height])
        K = self.K.astype(np.float64)
        K[0, :2] *= scale[0]
        K[1, 1] *= scale[1]
        K[:2, 2] = (K[:2, 2] + 0.5) * scale - 0.5
        return Camera(K.astype(np.float32), self.T_world_cam, width, height)


def project_camera_points(
    points_cam: Float[np.ndarray, "*n 3"], K: Float[np.ndarray, "3 3"]
) -> Float32[np.ndarray, "*n 2"]:
    """Camera points (..., 3) to pixels (..., 2). Points with z <= 0 have no picture and become nan."""
    points = np.asarray(points_cam, np.float64)
    depth = np.where(points[..., 2:] > 0, points[..., 2:], np.nan)
    homogeneous = (points / depth) @ np.asarray(K, np.float64).T
    return homogeneous[..., :2].astype(np.float32)


def intrinsics(vertical_fov_deg: float, width: int, height: int) -> Float32[np.ndarray, "3 3"]:
    """K of a camera with square pixels and a centred principal point."""
    if not 0 < vertical_fov_deg < 180:
        raise ValueError(f"vertical field of view must lie in (0, 180) degrees, got {vertical_fov_deg}")
    focal_px = height / 2 / np.tan(np.radians(vertical_fov_deg) / 2)
    return np.array([[focal_px, 0, (width - 1) / 2], [0, focal_px, (height - 1) / 2], [0, 0, 1]], np.float32)


def look_at(
    eye: Float[np.ndarray, "3"], target: Float[np.ndarray, "3"], up: Float[np.ndarray, "3"]
) -> Float32[np.ndarray, "4 4"]:
    """`T_world_cam` of a camera at `eye` that sees `target` on its axis, with `up` upwards in the picture (-y).

    Raises ValueError where the three do not span a view.
    """
    eye, target, up = (np.asarray(vector, np.float64) for vector in (eye, target, up))
    right = np.cross(target - eye, up)
    if np.linalg.norm(right) < 1e-9:
        raise ValueError(f"look_at: eye {eye}, target {target} and up {up} lie on one line")
    forward = (target - eye) / np.linalg.norm(target - eye)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    pose[:3, 3] = eye
    return pose.astype(np.float32)
