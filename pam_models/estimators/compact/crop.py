"""The crop around a box as the picture of a virtual camera that looks straight at it.

A crop taken sideways of the optical axis shows the hand turned: cutting out pixels alone would tie an estimated pose to
where in the picture the hand was. The virtual camera shares the real one's centre, is turned so that its axis goes
through the middle of the box, and has a focal length that makes the box fill it. Both pictures are then related by one
homography, which is exact, so joints go in and come back without loss.

Pixel centres are whole numbers, in the picture and in the crop, so a crop spans [-0.5, size - 0.5].
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float64, UInt8

MAX_TILT = 1e-12


@dataclass(frozen=True)
class VirtualCamera:
    """rotation (3, 3): real camera axes to virtual ones; K (3, 3): of the crop; homography (3, 3): picture px to
    crop px.
    """

    rotation: Float64[np.ndarray, "3 3"]
    K: Float64[np.ndarray, "3 3"]
    homography: Float64[np.ndarray, "3 3"]

    def to_crop(self, points_px: Float[np.ndarray, "*n 2"]) -> Float64[np.ndarray, "*n 2"]:
        """Picture pixels to crop pixels."""
        return _apply(self.homography, points_px)

    def to_picture(self, points_px: Float[np.ndarray, "*n 2"]) -> Float64[np.ndarray, "*n 2"]:
        """Crop pixels to picture pixels."""
        return _apply(np.linalg.inv(self.homography), points_px)

    def to_virtual_axes(self, vectors: Float[np.ndarray, "*n 3"]) -> Float64[np.ndarray, "*n 3"]:
        """Vectors in real camera axes to virtual camera axes."""
        return np.asarray(vectors @ self.rotation.T)

    def to_real_axes(self, vectors: Float[np.ndarray, "*n 3"]) -> Float64[np.ndarray, "*n 3"]:
        """Vectors in virtual camera axes to real camera axes."""
        return np.asarray(vectors @ self.rotation)


def virtual_camera(
    box_xyxy: Float[np.ndarray, " 4"], K: Float[np.ndarray, "3 3"], size: int, scale: float, *, roll_rad: float = 0.0
) -> VirtualCamera:
    """The camera that sees the box, grown by `scale` to a square, as a picture of `size` x `size`.

    `roll_rad` turns the crop about its own axis (an augmentation). Raises ValueError for an empty box.
    """
    x0, y0, x1, y1 = (float(value) for value in box_xyxy)
    if not (x1 > x0 and y1 > y0):
        raise ValueError(f"the hand's box must have x0 < x1 and y0 < y1; got {[x0, y0, x1, y1]}")
    matrix = np.asarray(K, dtype=np.float64)
    centre = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
    half = scale * max(x1 - x0, y1 - y0) / 2
    inverse = np.linalg.inv(matrix)
    rotation = _rolled(_turn_to_axis(inverse @ np.array([*centre, 1.0])), roll_rad)
    edges = centre + half * np.array([[-1.0, 0.0], [1.0, 0.0], [0.0, -1.0], [0.0, 1.0]])
    rays = np.column_stack([edges, np.ones(4)]) @ inverse.T @ rotation.T
    reach = float(np.linalg.norm(rays[:, :2] / rays[:, 2:], axis=1).max())
    focal = size / 2 / reach
    middle = (size - 1) / 2
    crop_K = np.array([[focal, 0.0, middle], [0.0, focal, middle], [0.0, 0.0, 1.0]])
    return VirtualCamera(rotation, crop_K, crop_K @ rotation @ inverse)


def warp(image: UInt8[np.ndarray, "H W 3"], camera: VirtualCamera, size: int) -> UInt8[np.ndarray, "size size 3"]:
    """Bilinear picture of the virtual camera; beyond the real picture's edge its border repeats."""
    return np.asarray(
        cv2.warpPerspective(
            image, camera.homography, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    )


def box_of_joints(joints_px: Float[np.ndarray, "J 2"]) -> Float64[np.ndarray, " 4"]:
    """The tight box around some joints, at least one pixel wide and high."""
    low, high = joints_px.min(axis=0), joints_px.max(axis=0)
    return np.array([low[0], low[1], max(high[0], low[0] + 1.0), max(high[1], low[1] + 1.0)], dtype=np.float64)


def mirrored_box(box_xyxy: Float[np.ndarray, " 4"], width: int) -> Float64[np.ndarray, " 4"]:
    """The same box in the picture flipped left to right."""
    edge = width - 1
    x0, y0, x1, y1 = (float(value) for value in box_xyxy)
    return np.array([edge - x1, y0, edge - x0, y1])


def mirrored_intrinsics(K: Float[np.ndarray, "3 3"], width: int) -> Float64[np.ndarray, "3 3"]:
    """The camera matrix of the picture flipped left to right, for a camera whose x axis is flipped too."""
    flipped = np.asarray(K, dtype=np.float64).copy()
    flipped[0, 2] = width - 1 - flipped[0, 2]
    flipped[0, 1] = -flipped[0, 1]
    return flipped


def _turn_to_axis(ray: np.ndarray) -> np.ndarray:
    """The smallest rotation that brings a ray onto +z (Rodrigues)."""
    unit = ray / np.linalg.norm(ray)
    axis = np.cross(unit, [0.0, 0.0, 1.0])
    sine, cosine = float(np.linalg.norm(axis)), float(unit[2])
    if sine < MAX_TILT:
        return np.eye(3)
    x, y, z = axis / sine
    skew = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    return np.asarray(np.eye(3) + sine * skew + (1 - cosine) * skew @ skew)


def _rolled(rotation: np.ndarray, roll_rad: float) -> np.ndarray:
    cosine, sine = np.cos(roll_rad), np.sin(roll_rad)
    return np.asarray(np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]]) @ rotation)


def _apply(homography: np.ndarray, points_px: np.ndarray) -> np.ndarray:
    points = np.asarray(points_px, dtype=np.float64)
    mapped = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(mapped[..., :2] / mapped[..., 2:])
