"""Rotations as axis-angle, matrices and quaternions, and their interpolation in time.

Quaternions say their order in their name: wxyz (OakInk2, RaiSim, MuJoCo) or xyzw (DexYCB, scipy). Axis-angle is never
interpolated component by component: two vectors of nearly the same rotation may point in opposite directions
(formats.md section 3.1).
"""

import numpy as np
from jaxtyping import Float


def axis_angle_to_matrix(axis_angle: Float[np.ndarray, "*N 3"]) -> Float[np.ndarray, "*N 3 3"]:
    """Rotation matrices by Rodrigues' formula, in the input's precision."""
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


def axis_angle_to_quat_wxyz(axis_angle: Float[np.ndarray, "*N 3"]) -> Float[np.ndarray, "*N 4"]:
    """Unit quaternions; the sign is that of the half angle, so angles above pi keep their way round."""
    vector = np.asarray(axis_angle)
    angle = np.linalg.norm(vector, axis=-1, keepdims=True)
    # np.sinc(x) is sin(pi x) / (pi x): finite at zero.
    half_sine = 0.5 * np.sinc(angle / (2.0 * np.pi))
    return np.concatenate([np.cos(angle / 2), vector * half_sine], axis=-1).astype(vector.dtype, copy=False)


def quat_wxyz_to_axis_angle(quaternion: Float[np.ndarray, "*N 4"]) -> Float[np.ndarray, "*N 3"]:
    """Shortest axis-angle (angle in [0, pi]) of quaternions of any length but zero."""
    given = np.asarray(quaternion)
    unit = given / np.linalg.norm(given, axis=-1, keepdims=True)
    unit = np.where(unit[..., :1] < 0, -unit, unit)
    sine = np.linalg.norm(unit[..., 1:], axis=-1, keepdims=True)
    angle = 2.0 * np.arctan2(sine, unit[..., :1])
    scale = np.where(sine > 1e-9, angle / np.maximum(sine, 1e-9), 2.0)
    return np.asarray((unit[..., 1:] * scale).astype(given.dtype, copy=False))


def matrix_to_axis_angle(matrix: Float[np.ndarray, "*N 3 3"]) -> Float[np.ndarray, "*N 3"]:
    """Shortest axis-angle of rotation matrices, stable at zero and at half turns."""
    return quat_wxyz_to_axis_angle(matrix_to_quat_wxyz(matrix))


def matrix_to_quat_wxyz(matrix: Float[np.ndarray, "*N 3 3"]) -> Float[np.ndarray, "*N 4"]:
    """Unit quaternions with w >= 0, taken from the largest of the four components."""
    m = np.asarray(matrix)
    xx, yy, zz = m[..., 0, 0], m[..., 1, 1], m[..., 2, 2]
    x, y, z = m[..., 2, 1] - m[..., 1, 2], m[..., 0, 2] - m[..., 2, 0], m[..., 1, 0] - m[..., 0, 1]
    xy, xz, yz = m[..., 0, 1] + m[..., 1, 0], m[..., 0, 2] + m[..., 2, 0], m[..., 1, 2] + m[..., 2, 1]
    # Four times the outer product q q^T: every row is q times one of its own components.
    outer = np.stack([
        np.stack([1 + xx + yy + zz, x, y, z], -1),
        np.stack([x, 1 + xx - yy - zz, xy, xz], -1),
        np.stack([y, xy, 1 - xx + yy - zz, yz], -1),
        np.stack([z, xz, yz, 1 - xx - yy + zz], -1),
    ], -2)  # fmt: skip
    best = np.argmax(np.diagonal(outer, axis1=-2, axis2=-1), axis=-1)
    row = np.take_along_axis(outer, best[..., None, None], axis=-2)[..., 0, :]
    unit = row / np.linalg.norm(row, axis=-1, keepdims=True)
    return np.asarray(np.where(unit[..., :1] < 0, -unit, unit).astype(m.dtype, copy=False))


def wxyz_to_xyzw(quaternion: Float[np.ndarray, "*N 4"]) -> Float[np.ndarray, "*N 4"]:
    """Move the real part to the end."""
    return np.asarray(quaternion)[..., [1, 2, 3, 0]]


def xyzw_to_wxyz(quaternion: Float[np.ndarray, "*N 4"]) -> Float[np.ndarray, "*N 4"]:
    """Move the real part to the front."""
    return np.asarray(quaternion)[..., [3, 0, 1, 2]]


def slerp_wxyz(
    start: Float[np.ndarray, "*N 4"], end: Float[np.ndarray, "*N 4"], share: Float[np.ndarray, "*N"]
) -> Float[np.ndarray, "*N 4"]:
    """Unit quaternions `share` of the short way from start to end."""
    cosine = np.sum(start * end, axis=-1, keepdims=True)
    end = np.where(cosine < 0, -end, end)
    angle = np.arctan2(np.linalg.norm(end - start, axis=-1), np.linalg.norm(end + start, axis=-1))[..., None] * 2.0
    close = angle < 1e-5
    safe = np.where(close, 1.0, np.sin(angle))
    share = np.asarray(share)[..., None]
    mixed = np.where(close, 1.0 - share, np.sin((1.0 - share) * angle) / safe) * start
    mixed = mixed + np.where(close, share, np.sin(share * angle) / safe) * end
    return np.asarray(mixed / np.linalg.norm(mixed, axis=-1, keepdims=True))


def sample_axis_angle(
    sequence: Float[np.ndarray, "T N 3"], frames: Float[np.ndarray, " S"]
) -> Float[np.ndarray, "S N 3"]:
    """Rotations at fractional frame numbers by slerp; numbers outside 0..T-1 take the end frames.

    Raises:
        ValueError: the sequence is empty or not (T, N, 3).
    """
    given = np.asarray(sequence)
    if given.ndim != 3 or given.shape[2] != 3 or len(given) == 0:
        raise ValueError(f"sequence has shape {given.shape}; it must be (T, N, 3) with T > 0")
    place = np.clip(np.asarray(frames, np.float64), 0, len(given) - 1)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, len(given) - 1)
    quaternions = axis_angle_to_quat_wxyz(given.astype(np.float64))
    share = np.broadcast_to((place - low)[:, None], (len(place), given.shape[1]))
    between = slerp_wxyz(quaternions[low], quaternions[high], share)
    return np.asarray(quat_wxyz_to_axis_angle(between).astype(given.dtype, copy=False))


def resample_axis_angle(
    sequence: Float[np.ndarray, "T N 3"], fps_from: float, fps_to: float
) -> Float[np.ndarray, "S N 3"]:
    """The same motion at another rate: frame 0 stays, frame s is at time s / fps_to, none beyond the last one.

    Raises:
        ValueError: a rate is not positive, or the sequence is not (T, N, 3).
    """
    return sample_axis_angle(sequence, resampled_frames(len(sequence), fps_from, fps_to))


def resampled_frames(count: int, fps_from: float, fps_to: float) -> Float[np.ndarray, " S"]:
    """Fractional source frames of a motion of `count` frames replayed at another rate.

    Raises:
        ValueError: a rate is not positive or there is no frame.
    """
    if count < 1 or not (fps_from > 0 and fps_to > 0):
        raise ValueError(f"{count} frames from {fps_from} to {fps_to} fps; there must be a frame and rates above 0")
    length = int(np.floor((count - 1) * fps_to / fps_from + 1e-6)) + 1
    return np.arange(length, dtype=np.float64) * fps_from / fps_to
