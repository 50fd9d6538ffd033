"""The canonical trajectory that every source produces (DESIGN section 5, formats.md section 12.1)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32

from pam_models.conditions.camera import Camera
from pam_models.hand.model import HandModel
from pam_models.pose.trajectory_quality import TrajectoryQuality

PHASES = ("reach", "preshape", "close", "lift", "hold", "move")


@dataclass(frozen=True)
class ObjectMesh:
    """A rigid object: triangles in its own frame, metres, outward counter-clockwise.

    `word` is how a prompt names it; `class_id` (1..21) is its colour in the segmentation palette.
    The mesh may be a union of closed components and need not be watertight.
    """

    name: str
    word: str
    class_id: int
    vertices_m: Float32[np.ndarray, "V 3"]
    faces: Int32[np.ndarray, "F 3"]
    license_tags: tuple[str, ...]


@dataclass(frozen=True)
class SecondHand:
    """The other hand of a two-handed recording, in the terms of the first; `hand.side` says which it is."""

    hand: HandModel
    pose_flat: Float32[np.ndarray, "T 48"]
    betas: Float32[np.ndarray, "10"]
    transl: Float32[np.ndarray, "T 3"]
    wrist_m: Float32[np.ndarray, "T 3"]


@dataclass(frozen=True)
class PlacedObject:
    """An object that is in the picture and is not the one that the trajectory is about."""

    mesh: ObjectMesh
    T_world: Float32[np.ndarray, "T 4 4"]


@dataclass(frozen=True)
class Trajectory:
    """One hand-object sequence of T frames in a z-up world, metres and radians.

    `pose_flat` is axis-angle in MANO order with zero = flat hand; `transl` is smplx's (wrist = J0 + transl) and
    `wrist_m` is stored beside it; `object_T_world[t]` maps object points to the world. `fps` is the rate at which the
    frames are shown. A recording also says its own rate and which of its frames were taken (fractional where they were
    interpolated); a simulation leaves both out. `left_shapedirs_fixed` is False where `betas` belong to MANO's left
    hand as its file is (formats.md section 3.4).
    """

    source: str
    side: str
    fps: float
    pose_flat: Float32[np.ndarray, "T 48"]
    betas: Float32[np.ndarray, "10"]
    transl: Float32[np.ndarray, "T 3"]
    wrist_m: Float32[np.ndarray, "T 3"]
    obj: ObjectMesh
    object_T_world: Float32[np.ndarray, "T 4 4"]
    camera: Camera
    phase: tuple[str, ...]
    table_height_m: float
    quality: TrajectoryQuality
    pose_is_approximate: bool
    notes: tuple[str, ...]
    license_tags: tuple[str, ...]
    source_fps: float | None = None
    source_frames: tuple[float, ...] = ()
    left_shapedirs_fixed: bool = True
    second: SecondHand | None = None
    others: tuple[PlacedObject, ...] = ()
