"""Between sRGB bytes and linear light, with a soft shoulder for highlights."""

import functools

import numpy as np
from jaxtyping import Float, Float32, UInt8

TONE_STEPS = 4096
TONE_RANGE = 2.0
_KNEE = 0.7


def linear(rgb: tuple[float, float, float] | Float[np.ndarray, "*n 3"]) -> Float32[np.ndarray, "*n 3"]:
    """sRGB in [0, 1] to linear light."""
    value = np.asarray(rgb, np.float64)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)


@functools.cache
def tone_table() -> UInt8[np.ndarray, " steps"]:
    """sRGB bytes of linear light i / TONE_STEPS * TONE_RANGE; what exceeds the knee is compressed into the rest."""
    light = np.arange(TONE_STEPS) / TONE_STEPS * TONE_RANGE
    room = 1 - _KNEE
    over = np.maximum(light - _KNEE, 0)
    compressed = np.where(light <= _KNEE, light, _KNEE + room * over / (over + room))
    curve = 1.055 * np.maximum(compressed, 1e-9) ** (1 / 2.4) - 0.055
    srgb = np.where(compressed <= 0.0031308, compressed * 12.92, curve)
    table: UInt8[np.ndarray, " steps"] = np.rint(srgb * 255).astype(np.uint8)
    table.setflags(write=False)
    return table
