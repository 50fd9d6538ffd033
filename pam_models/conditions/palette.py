"""The segmentation colours that the published weights know (pam-system.md section 4)."""

from collections.abc import Iterable

import cv2
import numpy as np
from jaxtyping import UInt8

HAND_LABEL = 255
# The published weights know one colour for both hands; the label tells them apart.
SECOND_HAND_LABEL = 254
HAND_RGB = (92, 0, 255)
# Object classes 1..21.
OBJECT_RGB = (
    (180, 120, 120), (6, 230, 230), (80, 50, 50), (4, 200, 3), (120, 120, 80), (140, 140, 140), (204, 5, 255),
    (230, 230, 230), (4, 250, 7), (224, 5, 255), (235, 255, 7), (150, 5, 61), (120, 120, 70), (8, 255, 51),
    (255, 6, 82), (143, 255, 140), (204, 255, 4), (255, 51, 7), (204, 70, 3), (0, 102, 200), (61, 230, 250),
)  # fmt: skip
# Published for OakInk2: both hands, then the objects, whose numbering was not published; here class 1 comes first.
OAKINK2_HAND_RGB = (61, 230, 250)
OAKINK2_OBJECT_RGB = (
    (255, 6, 51), (11, 102, 255), (255, 7, 71), (255, 9, 224), (9, 7, 230), (220, 220, 220), (255, 9, 92),
    (112, 9, 255), (8, 255, 214), (7, 255, 224), (255, 184, 6), (10, 255, 71), (255, 41, 10), (7, 255, 255),
    (224, 255, 8), (102, 8, 255), (255, 61, 6), (255, 194, 7), (255, 122, 8), (0, 255, 20), (255, 8, 41),
)  # fmt: skip


def label_table() -> UInt8[np.ndarray, "256 3"]:
    """RGB of each label: 0 black, 1..21 objects, 254 and 255 hands; labels without a meaning are black."""
    table = np.zeros((256, 3), np.uint8)
    table[1 : 1 + len(OBJECT_RGB)] = OBJECT_RGB
    table[[HAND_LABEL, SECOND_HAND_LABEL]] = HAND_RGB
    return table


def oakink2_table() -> UInt8[np.ndarray, "256 3"]:
    """As `label_table`, in the colours of the weights that were trained on OakInk2."""
    table = np.zeros((256, 3), np.uint8)
    table[1 : 1 + len(OAKINK2_OBJECT_RGB)] = OAKINK2_OBJECT_RGB
    table[[HAND_LABEL, SECOND_HAND_LABEL]] = OAKINK2_HAND_RGB
    return table


def inferno_table() -> UInt8[np.ndarray, "256 3"]:
    """RGB of matplotlib's inferno map, dark violet to light yellow."""
    bgr = cv2.applyColorMap(np.arange(256, dtype=np.uint8).reshape(256, 1), cv2.COLORMAP_INFERNO)
    return np.ascontiguousarray(np.asarray(bgr, np.uint8).reshape(256, 3)[:, ::-1])


def look_up(values: UInt8[np.ndarray, "*n H W"], table: UInt8[np.ndarray, "256 3"]) -> UInt8[np.ndarray, "*n H W 3"]:
    """The picture whose pixels are `table[values]`, an order of magnitude faster than numpy's indexing."""
    flat = np.ascontiguousarray(values).reshape(-1, values.shape[-1])
    picture = cv2.LUT(cv2.merge([flat, flat, flat]), table[None])
    return np.asarray(picture, np.uint8).reshape(*values.shape, 3)


def segmentation_picture(
    labels: UInt8[np.ndarray, "*n H W"], table: UInt8[np.ndarray, "256 3"] | None = None
) -> UInt8[np.ndarray, "*n H W 3"]:
    """Labels as the colours of `label_table`, or of another table. Raises ValueError for labels without a meaning."""
    unknown = sorted(_meaningless(np.flatnonzero(np.bincount(labels.ravel(), minlength=256)).tolist()))
    if unknown:
        raise ValueError(f"labels must be 0, 1..21, 254 or 255, found {unknown}")
    return look_up(labels, label_table() if table is None else table)


def _meaningless(labels: Iterable[int]) -> set[int]:
    return set(labels) - {0, HAND_LABEL, SECOND_HAND_LABEL, *range(1, 1 + len(OBJECT_RGB))}
