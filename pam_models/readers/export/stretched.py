"""Clips on another pixel grid: pictures stretched, and the camera with them, so that labels stay exact."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from pam_models.conditions.camera import Camera
from pam_models.conditions.maps import ConditionMaps, render_maps
from pam_models.hand.skinning import skin
from pam_models.readers.export.source import ExportClip

Pictures = list[UInt8[np.ndarray, "H W 3"]]


def camera_of(clip: ExportClip, width: int, height: int) -> Camera:
    """The clip's camera on a grid of this size, with a pose for each row where it moves."""
    size = clip.trajectory["width"], clip.trajectory["height"]
    poses = clip.labels["T_world_cam"]
    still = bool((poses == poses[0]).all())
    return Camera(clip.labels["K"][0].copy(), (poses[0] if still else poses).copy(), *size).resized(width, height)


def stretched(pictures: Pictures, width: int, height: int) -> Pictures:
    """Pictures of this size; those that have it already as they are."""
    if pictures[0].shape[:2] == (height, width):
        return pictures
    smaller = width * height < pictures[0].shape[0] * pictures[0].shape[1]
    way = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return [np.asarray(cv2.resize(picture, (width, height), interpolation=way), np.uint8) for picture in pictures]


def rendered_maps(clip: ExportClip, camera: Camera) -> ConditionMaps:
    """Depth, labels, normals and joints of each row as this camera sees them, rendered anew from the parameters.

    Raises:
        ReadError: the hand model is MANO and its folder was not named, or the object's mesh is altered.
    """
    hand, labels = clip.hand(), clip.labels
    posed = skin(hand, labels["pose_flat"], labels["betas"][0], labels["transl"])
    vertices, faces = clip.object_mesh()
    poses: Float32[np.ndarray, "T 4 4"] = labels["object_pose"]
    class_id = int(clip.trajectory["object_class_id"])
    return render_maps(posed.vertices, hand.faces, posed.joints, vertices, faces, poses, class_id, camera)
