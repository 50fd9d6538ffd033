"""The square crop that HaMeR and WiLoR read, and its way back into the picture (formats.md section 4.1).

A box is grown by a factor, completed to the network's aspect of 3 to 4 and taken as a square around its centre; left
hands are mirrored into right ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, Float64, UInt8

CROP_PX = 256
_ASPECT_HEIGHT_OVER_WIDTH = 256 / 192
_MEAN = 255 * np.array([0.485, 0.456, 0.406], np.float32)
_SPREAD = 255 * np.array([0.229, 0.224, 0.225], np.float32)
_SHARP_ENOUGH = 1.1


@dataclass(frozen=True)
class CropPlace:
    """Where a crop lies: centre (2,) px and side px, in the picture as it is; `mirrored` for left hands."""

    centre_px: Float64[np.ndarray, " 2"]
    side_px: float
    mirrored: bool

    def to_picture(self, normalised: Float32[np.ndarray, "J 2"]) -> Float32[np.ndarray, "J 2"]:
        """Points in [-0.5, 0.5] of the crop, as the network sees it, to picture pixels."""
        sign = np.array([-1.0 if self.mirrored else 1.0, 1.0])
        return np.asarray(normalised * sign * self.side_px + self.centre_px, np.float32)


def crop_place(box_xyxy: Float32[np.ndarray, " 4"], side: str, growth: float) -> CropPlace:
    """The crop of a hand's box. Raises ValueError for an empty box."""
    x0, y0, x1, y1 = (float(value) for value in box_xyxy)
    if not (x1 > x0 and y1 > y0):
        raise ValueError(f"the hand's box must have x0 < x1 and y0 < y1; got {[x0, y0, x1, y1]}")
    width, height = growth * (x1 - x0), growth * (y1 - y0)
    longest = max(height, width * _ASPECT_HEIGHT_OVER_WIDTH)
    return CropPlace(np.array([(x0 + x1) / 2, (y0 + y1) / 2]), longest, side == "left")


def normalised_crops(
    images: UInt8[np.ndarray, "B H W 3"], places: Sequence[CropPlace]
) -> Float32[np.ndarray, "B 3 256 256"]:
    """The networks' input: RGB crops, mirrored where the hand is left, with ImageNet's mean and deviation taken out."""
    crops = np.empty((len(images), CROP_PX, CROP_PX, 3), np.float32)
    for index, (image, place) in enumerate(zip(images, places, strict=True)):
        crops[index] = _cut(image, place)
    normalised = (crops - _MEAN) / _SPREAD
    return np.ascontiguousarray(normalised.transpose(0, 3, 1, 2))


def _cut(image: UInt8[np.ndarray, "H W 3"], place: CropPlace) -> Float32[np.ndarray, "256 256 3"]:
    shrink = place.side_px / CROP_PX
    source = image.astype(np.float32)
    if shrink > _SHARP_ENOUGH:
        source = np.asarray(cv2.GaussianBlur(source, (0, 0), (shrink - 1) / 2), np.float32)
    across = -1.0 / shrink if place.mirrored else 1.0 / shrink
    half = CROP_PX / 2
    to_crop = np.array(
        [[across, 0.0, half - across * place.centre_px[0]], [0.0, 1.0 / shrink, half - place.centre_px[1] / shrink]]
    )
    cut = cv2.warpAffine(source, to_crop, (CROP_PX, CROP_PX), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return np.asarray(cut, np.float32)
