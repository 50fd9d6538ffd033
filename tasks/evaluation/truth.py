"""What is known of a trajectory by construction: joints, what stands still in the picture, and how its points move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from pam_models.conditions.camera import Camera
from pam_models.conditions.palette import HAND_LABEL
from pam_models.metrics.tracks import Tracks
from tasks.evaluation.media import stored_medium
from tasks.scene import camera_of, unpack_surface
from tasks.stage import Row
from tasks.store import Store

OBJECT_POINTS = 64
BEHIND_M = 0.005


@dataclass(frozen=True)
class Truth:
    """A trajectory's joints (OpenPose order), its maps of depth and labels, and its object's poses."""

    camera: Camera
    joints_m: Float32[np.ndarray, "T 21 3"]
    joints_px: Float32[np.ndarray, "T 21 2"]
    joint_visible: Bool[np.ndarray, "T 21"]
    depth_m: Float32[np.ndarray, "T H W"]
    labels: UInt8[np.ndarray, "T H W"]
    object_T_world: Float32[np.ndarray, "T 4 4"]

    @property
    def still(self) -> Bool[np.ndarray, "T H W"]:
        """Background, which stands still where the camera does. Raises ValueError for a camera that moves."""
        if self.camera.moves:
            raise ValueError("the camera moves, so nothing stands still in the picture")
        still: Bool[np.ndarray, "T H W"] = self.labels == 0
        return still

    def tracks(self) -> Tracks:
        """How points seen in the first frame move: the visible joints, and a grid over the object's visible surface.

        A point is valid while it is inside the picture and not hidden.
        """
        seen = self.joint_visible[0]
        joints = np.moveaxis(self.joints_px[:, seen], 0, 1)
        joints_valid = self.joint_visible[:, seen].T & np.isfinite(joints).all(axis=-1)
        surface, surface_valid = self._object_tracks()
        points = np.concatenate([np.nan_to_num(joints), surface]).astype(np.float32)
        return Tracks(points, np.concatenate([joints_valid, surface_valid]))

    def _object_tracks(self) -> tuple[Float32[np.ndarray, "N T 2"], Bool[np.ndarray, "N T"]]:
        rows, columns = np.nonzero((self.labels[0] > 0) & (self.labels[0] != HAND_LABEL))
        chosen = np.linspace(0, len(rows) - 1, min(OBJECT_POINTS, len(rows))).astype(int)
        rows, columns = rows[chosen], columns[chosen]
        depth = self.depth_m[0, rows, columns].astype(np.float64)
        rays = (
            np.stack([columns, rows, np.ones(len(rows))], axis=-1) @ np.linalg.inv(self.camera.K.astype(np.float64)).T
        )
        world = self.camera.at(0).to_world(rays * depth[:, None]).astype(np.float64)
        first = np.linalg.inv(self.object_T_world[0].astype(np.float64))
        local = world @ first[:3, :3].T + first[:3, 3]
        poses = self.object_T_world.astype(np.float64)
        moved = np.einsum("tij,nj->tni", poses[:, :3, :3], local) + poses[:, None, :3, 3]
        points = np.swapaxes(self.camera.project(moved), 0, 1)
        return np.nan_to_num(points), self._seen(points, self.camera.to_camera(moved)[..., 2].T)

    def _seen(
        self, points_px: Float32[np.ndarray, "N T 2"], depth_m: Float32[np.ndarray, "N T"]
    ) -> Bool[np.ndarray, "N T"]:
        height, width = self.labels.shape[1:]
        pixel = np.nan_to_num(np.rint(points_px), nan=-1.0).astype(np.int64)
        inside = (pixel >= 0).all(-1) & (pixel[..., 0] < width) & (pixel[..., 1] < height)
        at = np.where(inside[..., None], pixel, 0)
        surface = self.depth_m[np.arange(len(self.labels))[None], at[..., 1], at[..., 0]]
        seen: Bool[np.ndarray, "N T"] = inside & (surface > 0) & (depth_m <= surface + BEHIND_M)
        return seen


def truth_of(store: Store, trajectory: Row) -> Truth:
    """What a `pose` row knows. Raises BadMedium when its maps are missing or altered, ValueError when they misfit."""
    frames = int(trajectory["num_frames"])
    data = stored_medium(store, trajectory["maps_uri"], trajectory["maps_sha256"], "the trajectory's maps")
    depth_m, labels, visible = unpack_surface(data)
    if len(labels) != frames:
        raise ValueError(f"the trajectory's maps have {len(labels)} frames, its row {frames}")
    camera = camera_of(trajectory)
    world = np.asarray(trajectory["joints_world_m"], np.float32).reshape(frames, 21, 3)
    poses = np.asarray(trajectory["object_pose"], np.float32).reshape(frames, 4, 4)
    return Truth(camera, camera.to_camera(world), camera.project(world), visible, depth_m, labels, poses)
