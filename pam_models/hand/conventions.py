"""Conversions between the conventions of neighbouring hand systems; every one has its inverse here.

Quaternions say their order in their name: wxyz (OakInk2, RaiSim) or xyzw (DexYCB, scipy). Axis-angle is never
interpolated: two axis-angle vectors of nearly the same rotation may point in opposite directions (formats.md 3.1).
"""

import numpy as np
from jaxtyping import Float

_TINY = 1e-12


def axis_angle_to_matrix(axis_angle: Float[np.ndarray, "*N 3"]) -> Float[np.ndarray, "*N 3 3"]:
    """Rotation matrices by Rodrigues' formula, computed in the input's precision."""
    vector = np.asarray(axis_angle)
    square = np.sum(vector * vector, axis=-1)[..., None]
    small = square < 1e-6
    safe = np.where(small, 1.0, square)
    angle = np.sqrt(safe)
    first = np.where(small, 1.0 - square / 6.0, np.sin(angle) / angle)
    second = np.where(small, 0.5 - square / 24.0, 2.0 * np.sin(angle / 2) ** 2 / safe)
    matrix = np.asarray(second[..., None] * (vector[..., :, None] * vector[..., None, :]))
    x, y, z = (first[..., 0] * vector[..., axis] for axis in range(3))
    diagonal = 1.0 - (second * square)[..., 0]
    for axis in range(3):
        matrix[..., axis, axis] += diagonal
    for row, column, value in ((0, 1, -z), (0, 2, y), (1, 0, z), (1, 2, -x), (2, 0, -y), (2, 1, x)):
        matrix[..., row, column] += value
    return matrix.astype(vector.dtype if vector.dtype.kind == "f" else np.float64, copy=False)
