"""The known joints drawn over a generated clip: where the label says the hand is."""

from __future__ import annotations

import cv2
import numpy as np
from jaxtyping import Float, UInt8

# OpenPose order: the wrist, then thumb, index, middle, ring and little finger with four joints each.
BONES = tuple((0 if joint % 4 == 1 else joint - 1, joint) for joint in range(1, 21))
FINGER_COLOURS = ((245, 130, 49), (60, 180, 75), (30, 160, 255), (170, 90, 255), (255, 70, 140))
WRIST_COLOUR = (255, 255, 255)
SUBPIXEL_BITS = 4


def upscale(frames: UInt8[np.ndarray, "T H W 3"], height: int, width: int) -> UInt8[np.ndarray, "T h w 3"]:
    """Frames on another pixel grid: cubic when enlarged, area means when reduced."""
    if frames.shape[1:3] == (height, width):
        return frames
    method = cv2.INTER_CUBIC if height > frames.shape[1] else cv2.INTER_AREA
    return np.stack([cv2.resize(frame, (width, height), interpolation=method) for frame in frames]).astype(np.uint8)


def scale_joints(
    joints_px: Float[np.ndarray, "T 21 2"], from_size: tuple[int, int], to_size: tuple[int, int]
) -> Float[np.ndarray, "T 21 2"]:
    """Joints (centres at integers) on another pixel grid; sizes are (height, width)."""
    factor = np.array([to_size[1] / from_size[1], to_size[0] / from_size[0]])
    return np.asarray((joints_px + 0.5) * factor - 0.5)


def draw_joints(
    frames: UInt8[np.ndarray, "T H W 3"], joints_px: Float[np.ndarray, "T 21 2"], opacity: float = 0.75
) -> UInt8[np.ndarray, "T H W 3"]:
    """A copy of the frames with the skeleton blended over it; joints that are NaN (behind the camera) are left out."""
    return np.stack([_draw(frame, joints, opacity) for frame, joints in zip(frames, joints_px, strict=True)])


def _draw(
    frame: UInt8[np.ndarray, "H W 3"], joints_px: Float[np.ndarray, "21 2"], opacity: float
) -> UInt8[np.ndarray, "H W 3"]:
    painted = frame.copy()
    thickness = max(1, round(frame.shape[0] / 110))
    radius = max(2.0, frame.shape[0] / 85)
    usable = np.isfinite(joints_px).all(-1) & (np.abs(np.nan_to_num(joints_px)) < 30000).all(-1)
    fixed = np.rint(np.where(usable[:, None], joints_px, 0.0) * 2**SUBPIXEL_BITS).astype(int)
    points = [(int(x), int(y)) for x, y in fixed]
    for parent, child in BONES:
        if usable[parent] and usable[child]:
            colour = FINGER_COLOURS[(child - 1) // 4]
            cv2.line(painted, points[parent], points[child], colour, thickness, cv2.LINE_AA, SUBPIXEL_BITS)
    for joint in np.flatnonzero(usable).tolist():
        colour = WRIST_COLOUR if joint == 0 else FINGER_COLOURS[(joint - 1) // 4]
        disc = round(radius * 2**SUBPIXEL_BITS)
        cv2.circle(painted, points[joint], disc, colour, cv2.FILLED, cv2.LINE_AA, SUBPIXEL_BITS)
    return np.asarray(cv2.addWeighted(painted, opacity, frame, 1.0 - opacity, 0.0), np.uint8)
