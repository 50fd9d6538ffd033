"""Hand skeletons as the published weights know them (pam-system.md section 4).

At 480 rows: discs of radius 3 at the joints, then ellipses along the bones, half-width 6 for the thumb and 3 for the
fingers (4 and 2 in the style of OakInk2), only where the bone is longer than 5 and shorter than 150 pixels. Other
heights scale these numbers.

Pictures of fewer than 240 rows are drawn several times as large and averaged; strokes stay visible, and no bone is
too long, because a hand that fills a small picture would lose its palm.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8

_REFERENCE_ROWS = 480
_JOINT_RADIUS = 3.0
_SHORTEST, _LONGEST = 5.0, 150.0
# Least sizes in pixels of a small picture.
_LEAST_RADIUS_PX, _LEAST_THUMB_PX, _LEAST_FINGER_PX = 1.0, 1.2, 0.8
_STEP_OUTWARD = 35
BONES = tuple(
    (0 if link == 0 else 4 * finger + link, 4 * finger + link + 1) for finger in range(5) for link in range(4)
)
_WRIST, _LITTLE_TIP = 0, 20


@dataclass(frozen=True)
class SkeletonStyle:
    """Colours of the six groups (wrist and four joints each) and half-widths in pixels at 480 rows.

    Where `wraps`, what exceeds 255 begins again at 0, as in the pictures that the OakInk2 weights saw; else it stays
    at 255.
    """

    group_rgb: tuple[tuple[int, int, int], ...]
    thumb_half_width: float
    finger_half_width: float
    wraps: bool

    def colour(self, index: int) -> tuple[int, int, int]:
        """Colour of joint or bone `index`: its group's, 35 brighter for each step outward."""
        red, green, blue = (
            level % 256 if self.wraps else min(level, 255)
            for level in (base + _STEP_OUTWARD * (index % 4) for base in self.group_rgb[index // 4])
        )
        return red, green, blue


_DEXYCB_RGB = ((139, 53, 255), (0, 56, 255), (43, 140, 237), (37, 168, 36), (147, 147, 0), (70, 17, 145))
_RED_TO_GREY_RGB = ((255, 0, 0), (255, 85, 85), (255, 170, 170), (255, 255, 255), (200, 200, 200), (150, 150, 150))
DEXYCB = SkeletonStyle(_DEXYCB_RGB, 6.0, 3.0, wraps=False)
OAKINK2 = {
    "left": SkeletonStyle(_DEXYCB_RGB, 4.0, 2.0, wraps=True),
    "right": SkeletonStyle(_RED_TO_GREY_RGB, 4.0, 2.0, wraps=True),
}


def draw_skeleton(
    joints_px: Float[np.ndarray, "21 2"],
    joints_cam_m: Float[np.ndarray, "21 3"] | None,
    height: int,
    width: int,
    style: SkeletonStyle = DEXYCB,
) -> UInt8[np.ndarray, "H W 3"]:
    """One RGB picture of a hand in OpenPose order on black; pixel centres are integers.

    Bones are drawn thumb first, little finger first where `joints_cam_m` says that the wrist is nearer than the little
    finger's tip. Joints that are not finite, and their bones, are left out.
    """
    factor = 1 if 2 * height >= _REFERENCE_ROWS else -(-_REFERENCE_ROWS // height)
    canvas = np.zeros((height * factor, width * factor, 3), np.uint8)
    scale = height * factor / _REFERENCE_ROWS
    radius, thumb, finger = (size * scale for size in (_JOINT_RADIUS, style.thumb_half_width, style.finger_half_width))
    longest = _LONGEST * scale
    if factor > 1:
        longest = np.inf
        radius, thumb = max(radius, _LEAST_RADIUS_PX * factor), max(thumb, _LEAST_THUMB_PX * factor)
        finger = max(finger, _LEAST_FINGER_PX * factor)
    points: Float[np.ndarray, "21 2"] = np.rint((np.asarray(joints_px, np.float64) + 0.5) * factor - 0.5)
    with np.errstate(invalid="ignore"):
        known = (np.abs(points) < 2**15).all(axis=1)
    for joint in np.flatnonzero(known).tolist():
        cv2.circle(canvas, _pixel(points[joint]), max(round(radius), 1), style.colour(joint), -1)
    reverse = joints_cam_m is not None and bool(joints_cam_m[_WRIST, 2] < joints_cam_m[_LITTLE_TIP, 2])
    for bone in range(19, -1, -1) if reverse else range(20):
        start, end = BONES[bone]
        length = float(np.hypot(*(points[start] - points[end]))) if known[start] and known[end] else 0.0
        if _SHORTEST * scale < length < longest:
            half_width = max(round(thumb if bone < 4 else finger), 1)
            _draw_limb(canvas, points[start], points[end], length, half_width, style.colour(bone))
    if factor == 1:
        return canvas
    return np.asarray(cv2.resize(canvas, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _draw_limb(
    canvas: UInt8[np.ndarray, "H W 3"],
    start: Float[np.ndarray, "2"],
    end: Float[np.ndarray, "2"],
    length: float,
    half_width: int,
    colour: tuple[int, int, int],
) -> None:
    """A filled ellipse from joint to joint; the truncations to integers are the published rule's."""
    angle = np.degrees(np.arctan2(start[1] - end[1], start[0] - end[0]))
    outline = cv2.ellipse2Poly(_pixel((start + end) / 2), (int(length / 2), half_width), int(angle), 0, 360, 1)
    cv2.fillConvexPoly(canvas, np.asarray(outline, np.int32), colour)


def _pixel(point: Float[np.ndarray, "2"]) -> tuple[int, int]:
    return int(point[0]), int(point[1])
