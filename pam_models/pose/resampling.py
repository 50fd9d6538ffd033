"""Frames at new times: positions by straight lines, rotations by slerp (never by their axis-angles)."""

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation, Slerp


def resample_positions(positions: Float[np.ndarray, "T 3"], at: Float[np.ndarray, " S"]) -> Float64[np.ndarray, "S 3"]:
    """Positions at fractional frame indices."""
    frames = np.arange(len(positions))
    return np.stack([np.interp(at, frames, positions[:, axis].astype(np.float64)) for axis in range(3)], axis=1)


def resample_rotations(
    axis_angles: Float[np.ndarray, "T 3"], at: Float[np.ndarray, " S"]
) -> Float64[np.ndarray, "S 3"]:
    """Axis-angles at fractional frame indices, along the shortest rotation between neighbouring frames."""
    rotations = Rotation.from_rotvec(axis_angles.astype(np.float64))
    if len(axis_angles) == 1:
        return np.repeat(rotations.as_rotvec(), len(at), axis=0)
    turned: Float64[np.ndarray, "S 3"] = Slerp(np.arange(len(axis_angles)), rotations)(at).as_rotvec()
    return turned
