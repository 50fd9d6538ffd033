"""Condition maps as RGB pictures: what the models see.

`pam`, the published look:
  depth         inferno, near is bright, disparity normalised over the foreground (hand and object) of the whole video
  segmentation  the published palette
  keypoints     the published skeleton
  normal        (x, y, z) = (right, up, towards the viewer) as round((n / 2 + 1 / 2) * 255)
  tracking      the depth picture, as in the published data preparation
  mesh          the visible hand, grey, the brighter the more it faces the camera
  hand_mask     the visible hand, white (InterDyn's only condition)
Everything is black outside the foreground.

`pam-oakink2` is the look that the weights trained on OakInk2 know: another palette, thinner skeletons, the right hand's
in colours of its own. `plain` keeps numbers, for storage: depth as millimetres (red = high byte,
green = low byte), segmentation as the label in all channels, keypoints as one pixel per joint (red = joint + 1, of a
second hand joint + 22, green = 255 where visible); the other names look as in `pam`.
"""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float, Float32, UInt8

from pam_models.conditions.maps import ConditionMaps, SecondJoints
from pam_models.conditions.palette import (
    HAND_LABEL,
    SECOND_HAND_LABEL,
    inferno_table,
    look_up,
    oakink2_table,
    segmentation_picture,
)
from pam_models.conditions.skeleton import DEXYCB, OAKINK2, SkeletonStyle, draw_skeleton

# The farthest foreground keeps this share of the colour map, so that it stands out from the black around it.
_FARTHEST_SHARE = 0.2
_VIEWER_AXES = np.array([1, -1, -1], np.float32)

Pictures = UInt8[np.ndarray, "T H W 3"]


def encode(
    maps: ConditionMaps, names: Sequence[str], encoding: str = "pam", side: str = "right"
) -> dict[str, UInt8[np.ndarray, "T H W 3"]]:
    """Pictures of the named conditions. Only `pam-oakink2` draws left and right hands differently: `side` is that of
    the first hand, a second hand is the other one.

    Raises ValueError for names, encodings and sides that do not exist.
    """
    if encoding not in _ENCODERS:
        raise ValueError(f"no encoding {encoding!r}; there are {', '.join(_ENCODERS)}")
    if side not in ("left", "right"):
        raise ValueError(f"side must be left or right, got {side!r}")
    encoders = {**_ENCODERS[encoding], **(_oakink2(side) if encoding == "pam-oakink2" else {})}
    unknown = [name for name in names if name not in encoders]
    if unknown:
        raise ValueError(f"no condition {', '.join(unknown)}; there are {', '.join(encoders)}")
    return {name: encoders[name](maps) for name in names}


def depth_pictures(depth_m: Float[np.ndarray, "T H W"]) -> UInt8[np.ndarray, "T H W 3"]:
    """Depth (metres, 0 = nothing) in inferno on black, normalised over the whole video."""
    seen = depth_m > 0
    disparity = np.zeros(depth_m.shape, np.float32)
    np.divide(1, depth_m, out=disparity, where=seen)
    if not seen.any():
        return np.zeros((*depth_m.shape, 3), np.uint8)
    far, near = float(disparity[seen].min()), float(disparity.max())
    relative = (disparity - far) / max(near - far, 1e-9)
    share = _FARTHEST_SHARE + (1 - _FARTHEST_SHARE) * np.maximum(relative, 0)
    # Foreground levels are never 0, which leaves 0 for black.
    table = inferno_table()
    table[0] = 0
    return look_up(np.where(seen, np.rint(share * 255), 0).astype(np.uint8), table)


def normal_pictures(normals: Float[np.ndarray, "T H W 3"]) -> UInt8[np.ndarray, "T H W 3"]:
    """Unit normals in camera axes as colours of the viewer's axes: one that faces the camera is (128, 128, 255)."""
    pictures = np.empty(normals.shape, np.uint8)
    for frame, picture in zip(normals, pictures, strict=True):
        colours = np.rint((frame * _VIEWER_AXES * 0.5 + 0.5) * 255)
        picture[:] = np.where(frame.any(-1, keepdims=True), colours, 0)
    return pictures


def plain_depth_m(pictures: UInt8[np.ndarray, "T H W 3"]) -> Float32[np.ndarray, "T H W"]:
    """Depth in metres, to the millimetre, out of the `plain` encoding."""
    depth_mm = pictures[..., 0].astype(np.float32) * 256 + pictures[..., 1]
    return np.asarray(depth_mm / 1000, np.float32)


def _depth(maps: ConditionMaps) -> Pictures:
    return depth_pictures(maps.depth_m)


def _segmentation(maps: ConditionMaps) -> Pictures:
    return segmentation_picture(maps.labels)


def _oakink2(side: str) -> dict[str, Callable[[ConditionMaps], Pictures]]:
    """What looks otherwise in `pam-oakink2`."""
    own, other = OAKINK2[side], OAKINK2["left" if side == "right" else "right"]
    return {
        "segmentation": lambda maps: segmentation_picture(maps.labels, oakink2_table()),
        "keypoints": lambda maps: _keypoints(maps, own, other),
    }


def _keypoints(maps: ConditionMaps, own: SkeletonStyle = DEXYCB, other: SkeletonStyle = DEXYCB) -> Pictures:
    first = _skeletons(maps, maps, own)
    if maps.second is None:
        return first
    second = _skeletons(maps, maps.second, other)
    # The nearer hand is drawn over the farther one, frame by frame.
    first_is_nearer = maps.joints_cam_m[..., 2].mean(1) <= maps.second.joints_cam_m[..., 2].mean(1)
    over = np.where(first_is_nearer[:, None, None, None], first, second)
    under = np.where(first_is_nearer[:, None, None, None], second, first)
    return np.where(over.any(-1, keepdims=True), over, under)


def _skeletons(maps: ConditionMaps, hand: ConditionMaps | SecondJoints, style: SkeletonStyle) -> Pictures:
    height, width = maps.depth_m.shape[1:]
    frames = zip(hand.joints_px, hand.joints_cam_m, strict=True)
    return np.stack([draw_skeleton(pixels, points, height, width, style) for pixels, points in frames])


def _normal(maps: ConditionMaps) -> Pictures:
    return normal_pictures(maps.normals)


def _mesh(maps: ConditionMaps) -> Pictures:
    shade = np.rint((0.25 + 0.75 * np.abs(maps.normals[..., 2])) * 255)
    grey = np.where(np.isin(maps.labels, (HAND_LABEL, SECOND_HAND_LABEL)), shade, 0).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def _hand_mask(maps: ConditionMaps) -> Pictures:
    white = np.where(np.isin(maps.labels, (HAND_LABEL, SECOND_HAND_LABEL)), 255, 0).astype(np.uint8)
    return np.repeat(white[..., None], 3, axis=-1)


def _plain_depth(maps: ConditionMaps) -> Pictures:
    depth_mm = np.minimum(np.rint(maps.depth_m * 1000), 65535).astype(np.uint16)
    return np.stack([depth_mm >> 8, depth_mm & 255, np.zeros_like(depth_mm)], -1).astype(np.uint8)


def _plain_segmentation(maps: ConditionMaps) -> Pictures:
    return np.repeat(maps.labels[..., None], 3, axis=-1)


def _plain_keypoints(maps: ConditionMaps) -> Pictures:
    pictures = np.zeros((*maps.labels.shape, 3), np.uint8)
    height, width = maps.labels.shape[1:]
    for hand, first_red in ((maps, 1), (maps.second, 22)):
        if hand is not None:
            _mark_joints(pictures, hand, first_red, height, width)
    return pictures


def _mark_joints(
    pictures: Pictures, hand: ConditionMaps | SecondJoints, first_red: int, height: int, width: int
) -> None:
    for picture, pixels, visible in zip(pictures, hand.joints_px, hand.joint_visible, strict=True):
        for joint in np.flatnonzero(np.isfinite(pixels).all(1)).tolist():
            u, v = np.rint(pixels[joint]).tolist()
            if 0 <= u < width and 0 <= v < height:
                picture[int(v), int(u)] = (first_red + joint, 255 if visible[joint] else 0, 0)


_PAM: dict[str, Callable[[ConditionMaps], Pictures]] = {
    "depth": _depth,
    "segmentation": _segmentation,
    "keypoints": _keypoints,
    "normal": _normal,
    "tracking": _depth,
    "mesh": _mesh,
    "hand_mask": _hand_mask,
}
CONDITIONS = tuple(_PAM)
_ENCODERS: dict[str, dict[str, Callable[[ConditionMaps], Pictures]]] = {
    "pam": _PAM,
    "pam-oakink2": _PAM,
    "plain": {**_PAM, "depth": _plain_depth, "segmentation": _plain_segmentation, "keypoints": _plain_keypoints},
}
