"""Frames at new times: positions by straight lines, rotations by slerp (never by their axis-angles)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64
from scipy.spatial.transform import Rotation, Slerp


@dataclass(frozen=True)
class Window:
    """Which frames of a recording are shown: fractional source frames at even spacing, and the recording's rate."""

    at: Float64[np.ndarray, " S"]
    source_fps: float

    @property
    def stride(self) -> float:
        """Source frames from one shown frame to the next; 1 where there is no next one or the frames stand still."""
        step = float(self.at[1] - self.at[0]) if len(self.at) > 1 else 1.0
        return step if step > 0 else 1.0

    @property
    def motion_fps(self) -> float:
        """Shown frames in a second of the recorded motion."""
        return self.source_fps / self.stride

    def text(self, of: int, fps: float) -> str:
        """One clause for a trajectory's notes."""
        speed = fps / self.motion_fps
        return (
            f"every {self.stride:.4g} of {of} frames at {self.source_fps:g} Hz, frames {self.at[0]:.4g} to "
            f"{self.at[-1]:.4g}; {fps:g} frames/s show it at {speed:.3g} times its speed"
        )


def clip_window(first: int, count: int, frames: int, source_fps: float) -> Window:
    """`frames` frames out of the `count` that begin at `first`, as the published clips were cut (pam-system.md section
    1): every (count // frames)-th from the first on; fewer than `frames` are spread evenly and interpolated.
    """
    if count < frames:
        return Window(np.linspace(first, first + count - 1.0, frames), source_fps)
    return Window(first + (count // frames) * np.arange(frames, dtype=np.float64), source_fps)


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


def resample_pose(pose: Float[np.ndarray, "T 48"], at: Float[np.ndarray, " S"]) -> Float64[np.ndarray, "S 48"]:
    """A hand's pose at fractional frame indices, joint by joint."""
    joints = np.asarray(pose).reshape(len(pose), -1, 3)
    return np.concatenate([resample_rotations(joints[:, joint], at) for joint in range(joints.shape[1])], axis=1)


def resample_transforms(
    transforms: Float[np.ndarray, "T 4 4"], at: Float[np.ndarray, " S"]
) -> Float64[np.ndarray, "S 4 4"]:
    """Rigid transforms at fractional frame indices."""
    turns = Rotation.from_matrix(transforms[:, :3, :3].astype(np.float64)).as_rotvec()
    return transforms_of(resample_rotations(turns, at), resample_positions(transforms[:, :3, 3], at))


def transforms_of(
    axis_angles: Float[np.ndarray, "T 3"], positions: Float[np.ndarray, "T 3"]
) -> Float64[np.ndarray, "T 4 4"]:
    """Rigid transforms from axis-angles and positions."""
    transforms = np.tile(np.eye(4), (len(positions), 1, 1))
    transforms[:, :3, :3] = Rotation.from_rotvec(np.asarray(axis_angles, np.float64)).as_matrix()
    transforms[:, :3, 3] = positions
    return transforms
