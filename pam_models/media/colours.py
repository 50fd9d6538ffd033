"""RGB pictures and the planes of a clip: BT.709, limited range, every chroma sample in the middle of its four pixels.

Both ways are done here and not by swscale, whose result depends on where a picture lies in memory, and whose exact
conversion costs more than decoding the clip. A picture's planes stand below one another in one array (I420): H rows of
luma, then H / 4 rows of each colour difference.
"""

from __future__ import annotations

import threading

import cv2
import numpy as np
from jaxtyping import UInt8
from numba import njit
from numpy.typing import NDArray

LUMA_SPAN, CHROMA_SPAN = 219.0 / 255.0, 224.0 / 255.0
RED, GREEN, BLUE = 0.2126, 0.7152, 0.0722

# Fixed point, 16 bits; the chroma that they multiply is kept in sixteenths of a level.
_LUMA = np.int32(76309)
_RED_V = np.int32(7343)
_GREEN_U = np.int32(873)
_GREEN_V = np.int32(2183)
_BLUE_U = np.int32(8652)
_HALF = np.int32(1 << 15)

U8 = NDArray[np.uint8]


def rgb_to_i420(pixels: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "H+H//2 W"]:
    """The planes of a picture with even sides; a chroma sample is the mean of its four pixels."""
    red, green, blue = np.moveaxis(pixels.astype(np.float64), -1, 0)
    light = RED * red + GREEN * green + BLUE * blue
    luma = 16.0 + light * LUMA_SPAN
    chroma = [
        128.0 + _halved((colour - light) / span) * CHROMA_SPAN for colour, span in ((blue, 1.8556), (red, 1.5748))
    ]
    height, width = light.shape
    planes = np.concatenate([luma.ravel(), *(plane.ravel() for plane in chroma)])
    levels: U8 = np.clip(np.rint(planes), 0, 255).astype(np.uint8)
    return levels.reshape(height * 3 // 2, width)


def i420_to_rgb(
    planes: UInt8[np.ndarray, "H+H//2 W"], out: UInt8[np.ndarray, "H W 3"] | None = None
) -> UInt8[np.ndarray, "H W 3"]:
    """The picture of planes; chroma is blended linearly between its samples. Whole numbers only: exact everywhere.

    `out` is contiguous memory for the picture, which spares a copy where it belongs into a batch.
    """
    rows, width = planes.shape
    height = rows * 2 // 3
    flat = planes.reshape(-1)
    area = height * width
    channels = _channels(height, width)
    _blend(
        flat[:area].reshape(height, width),
        flat[area : area + area // 4].reshape(height // 2, width // 2),
        flat[area + area // 4 :].reshape(height // 2, width // 2),
        channels,
    )
    return np.asarray(cv2.merge((channels[0], channels[1], channels[2]), out), np.uint8)


class _Scratch(threading.local):
    channels: U8 | None = None


_scratch = _Scratch()


def _channels(height: int, width: int) -> U8:
    """Each thread's own memory for one picture's channels: to make it anew costs as much as what is done in it."""
    kept = _scratch.channels
    if kept is None or kept.shape != (3, height, width):
        kept = _scratch.channels = np.empty((3, height, width), np.uint8)
    return kept


def _halved(plane: np.ndarray) -> np.ndarray:
    height, width = plane.shape
    return np.asarray(plane.reshape(height // 2, 2, width // 2, 2).mean(axis=(1, 3)))


@njit(cache=True, nogil=True)
def _blend(luma: U8, blue: U8, red: U8, channels: U8) -> None:
    height, width = luma.shape
    half_height, half_width = blue.shape
    blue_column, red_column = np.empty(half_width, np.int16), np.empty(half_width, np.int16)
    blue_row, red_row = np.empty(width, np.int16), np.empty(width, np.int16)
    for row in range(height):
        near = row >> 1
        far = min(max(near - 1 if row % 2 == 0 else near + 1, 0), half_height - 1)
        _between_rows(blue, near, far, blue_column)
        _between_rows(red, near, far, red_column)
        _between_columns(blue_column, blue_row)
        _between_columns(red_column, red_row)
        for column in range(width):
            light = _LUMA * (np.int32(luma[row, column]) - np.int32(16)) + _HALF
            u, v = np.int32(blue_row[column]), np.int32(red_row[column])
            channels[0, row, column] = _level(light + _RED_V * v)
            channels[1, row, column] = _level(light - _GREEN_U * u - _GREEN_V * v)
            channels[2, row, column] = _level(light + _BLUE_U * u)


@njit(cache=True, nogil=True, inline="always")
def _level(value: np.int32) -> np.uint8:
    return np.uint8(min(max(value >> np.int32(16), np.int32(0)), np.int32(255)))


@njit(cache=True, nogil=True, inline="always")
def _between_rows(plane: U8, near: int, far: int, out: NDArray[np.int16]) -> None:
    for column in range(out.shape[0]):
        out[column] = np.int16(3) * np.int16(plane[near, column]) + np.int16(plane[far, column]) - np.int16(512)


@njit(cache=True, nogil=True, inline="always")
def _between_columns(half: NDArray[np.int16], out: NDArray[np.int16]) -> None:
    last = half.shape[0] - 1
    out[0], out[2 * last + 1] = np.int16(4) * half[0], np.int16(4) * half[last]
    for column in range(last):
        out[2 * column + 1] = np.int16(3) * half[column] + half[column + 1]
        out[2 * column + 2] = half[column] + np.int16(3) * half[column + 1]
