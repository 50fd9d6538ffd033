"""Publish: one row for each labelled frame of each kept clip, with everything that a training job reads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import partial

import numpy as np
from jaxtyping import Bool, Float32

from pam_models.conditions.camera import Camera
from tasks.build import Build
from tasks.config import GenerateConfig
from tasks.config.samples import SplitConfig
from tasks.hands import resolve_hand
from tasks.media import video_info
from tasks.rendering import maps_of
from tasks.scene import scene_of
from tasks.stage import Item, Row, StageFactory
from tasks.steps import Step
from tasks.store import Store

SCORES = ("mpjpe_mm", "pa_mpjpe_mm", "error_2d_px", "detected")


class SamplesStage:
    """Turns clips into labelled frames. An item is a clip and gives a row for each frame and hand."""

    name = "samples"

    def __init__(self, config: GenerateConfig, store: Store) -> None:
        self._config = config
        self._store = store

    def setup(self) -> None:
        """Nothing to load: the hand is read per side when it is needed."""

    def infer(self, items: list[Item]) -> list[list[Row]]:
        """The rows of each clip, in order of time."""
        return [list(self._rows(item)) for item in items]

    def close(self) -> None:
        """Nothing to give back."""

    def _rows(self, item: Item) -> Iterator[Row]:
        """The rows of a clip; surfaces are left out where the configuration leaves them to the reader."""
        for row in self._labelled(item):
            yield row if self._config.samples.vertices else {**row, "vertices": None}

    def _labelled(self, item: Item) -> Iterator[Row]:
        trajectory, clip, score = (item.inputs[step] for step in ("pose", "video", "score-clips"))
        mesh = self._store.read_media(trajectory["object_mesh_uri"], trajectory["object_mesh_sha256"])
        scene = scene_of(trajectory, resolve_hand(self._config, trajectory["side"]), mesh)
        frames = video_info(self._store.read_media(clip["video_uri"], clip["video_sha256"])).num_frames
        if frames != trajectory["num_frames"]:
            raise ValueError(f"clip {clip['item_id']} has {frames} frames, its trajectory {trajectory['num_frames']}")
        shared = {
            "clip_id": clip["item_id"],
            "candidate_id": clip["parent_id"],
            "trajectory_id": trajectory["item_id"],
            "video_uri": clip["video_uri"],
            "video_sha256": clip["video_sha256"],
            "K": trajectory["K"],
            "object_name": trajectory["object_name"],
            "object_class_id": trajectory["object_class_id"],
            "hand_model": trajectory["hand_model"],
            "pose_is_approximate": trajectory["pose_is_approximate"],
            "split": split_of(trajectory["item_id"], self._config.samples.split),
            "license_tags": clip["license_tags"],
        }
        maps = maps_of(scene)
        first = _Labels(scene.camera, scene.geometry.vertices, scene.geometry.joints, maps.joint_visible)
        for frame in range(frames):
            yield {
                **shared,
                **in_frame(trajectory, scene.camera, frame),
                **hand_columns(trajectory, "", trajectory["side"], trajectory["tip_set"], frame),
                **first.columns(frame),
                **{column: score[f"{column}_per_frame"][frame] for column in SCORES},
            }
        if scene.second is None or maps.second is None:
            return
        # The estimator looked at the first hand; of the second nothing but its labels is known.
        second = _Labels(scene.camera, scene.second.vertices, scene.second.joints, maps.second.joint_visible)
        for frame in range(frames):
            yield {
                **shared,
                **in_frame(trajectory, scene.camera, frame),
                **hand_columns(trajectory, "second_", scene.second.side, scene.second.tip_set, frame),
                **second.columns(frame),
                **dict.fromkeys(SCORES),
            }


def in_frame(trajectory: Row, camera: Camera, frame: int) -> Row:
    """The frame's number, its camera and the object in it."""
    return {
        "frame": frame,
        "T_world_cam": camera.at(frame).T_world_cam.reshape(-1).tolist(),
        "object_pose": trajectory["object_pose"][16 * frame : 16 * (frame + 1)],
    }


def hand_columns(trajectory: Row, prefix: str, side: str, tip_set: str, frame: int) -> Row:
    """Parameters of a hand in one frame; columns of the trajectory's second hand begin with `second_`."""
    return {
        "side": side,
        "tip_set": tip_set,
        "betas": trajectory[f"{prefix}betas"],
        "pose_flat": trajectory[f"{prefix}pose_flat"][48 * frame : 48 * (frame + 1)],
        "transl": trajectory[f"{prefix}transl"][3 * frame : 3 * (frame + 1)],
    }


class _Labels:
    """Camera-space labels of one hand in every frame of a scene."""

    def __init__(
        self,
        camera: Camera,
        vertices_m: Float32[np.ndarray, "T V 3"],
        joints_m: Float32[np.ndarray, "T 21 3"],
        visible: Bool[np.ndarray, "T 21"],
    ) -> None:
        self._joints_m = camera.to_camera(joints_m)
        self._vertices_m = camera.to_camera(vertices_m)
        self._joints_px = camera.project(joints_m)
        self._hand_px = camera.project(vertices_m)
        self._visible = visible
        self._width, self._height = camera.width, camera.height

    def columns(self, frame: int) -> Row:
        """Joints, surface, box and visibility of one frame."""
        joints_px = self._joints_px[frame]
        inside = (joints_px > -0.5).all(axis=1) & (joints_px < [self._width - 0.5, self._height - 0.5]).all(axis=1)
        return {
            "xyz": self._joints_m[frame].reshape(-1).tolist(),
            "uv": joints_px.reshape(-1).tolist(),
            "vertices": self._vertices_m[frame].reshape(-1).tolist(),
            "bbox_xyxy": bounds(self._hand_px[frame], self._width, self._height).tolist(),
            "joint_visible": self._visible[frame].tolist(),
            "joints_in_image": int(inside.sum()),
        }


def bounds(points_px: Float32[np.ndarray, "N 2"], width: int, height: int) -> Float32[np.ndarray, 4]:
    """The box x0, y0, x1, y1 around points, clipped to the picture; pixel centres are whole numbers.

    Points behind the camera (nan) are left out; without a point the box is empty, at the picture's corner.
    """
    points_px = points_px[np.isfinite(points_px).all(axis=1)]
    if len(points_px) == 0:
        return np.full(4, -0.5, np.float32)
    low = np.clip(points_px.min(axis=0), -0.5, [width - 0.5, height - 0.5])
    high = np.clip(points_px.max(axis=0), -0.5, [width - 0.5, height - 0.5])
    return np.concatenate([low, high]).astype(np.float32)


def split_of(trajectory_id: str, shares: SplitConfig) -> str:
    """`test`, `val` or `train`, by a hash of the trajectory, so that no motion stands in two of them."""
    draw = int.from_bytes(hashlib.sha256(f"split/{trajectory_id}".encode()).digest()[:8], "big") / 2**64
    if draw < shares.test:
        return "test"
    return "val" if draw < shares.test + shares.val else "train"


def stage(build: Build, step: Step) -> StageFactory:
    """How a worker makes this step's stage."""
    return partial(SamplesStage, build.config, build.store)
