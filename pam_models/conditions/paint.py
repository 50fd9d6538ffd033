"""Broad two-colour patterns painted on an object, fixed in the object's own frame."""

import numpy as np
from jaxtyping import Float, Float64
from numba import njit
from numpy.typing import NDArray

from pam_models.conditions.appearance_style import SceneStyle

_KINDS = {"plain": 0, "bands": 1, "stripes": 2, "two_tone": 3}


def pattern_numbers(style: SceneStyle, object_vertices: Float[np.ndarray, "Vo 3"]) -> Float64[np.ndarray, "8"]:
    """What the shading kernel needs: kind, long axis, frequency, phase, centre (across, along), half length, gloss.

    Raises ValueError for an unknown pattern.
    """
    if style.object_pattern not in _KINDS:
        raise ValueError(f"no object pattern {style.object_pattern!r}; there are {', '.join(_KINDS)}")
    low, high = np.min(object_vertices, axis=0), np.max(object_vertices, axis=0)
    axis = int(np.argmax(high - low))
    centre, half = (low + high) / 2, float(high[axis] - low[axis]) / 2
    return np.array([
        _KINDS[style.object_pattern], axis, style.pattern_frequency, style.pattern_phase,
        centre[axis], max(half, 1e-6), 0.0, style.object_gloss,
    ], np.float64)  # fmt: skip


@njit(cache=True, nogil=True)
def second_colour_share(x: float, y: float, z: float, pattern: NDArray[np.float64]) -> float:
    """Share of the second colour at an object-space point."""
    kind, axis, frequency, phase = pattern[0], pattern[1], pattern[2], pattern[3]
    if kind == 0:
        return 0.0
    along, across, other = z, x, y
    if axis == 0:
        along, across, other = x, y, z
    elif axis == 1:
        along, across, other = y, z, x
    position = (along - pattern[4]) / pattern[5]
    if kind == 1:
        wave = np.sin(np.pi * (0.6 + 0.7 * frequency) * position + phase)
    elif kind == 2:
        wave = np.sin((1 + frequency) * np.arctan2(other, across) + phase)
    else:
        wave = 2.0 * position + 0.8 * np.sin(phase)
    step = min(max(0.5 + 1.6 * (wave - 0.2), 0.0), 1.0)
    return float(step * step * (3 - 2 * step))
