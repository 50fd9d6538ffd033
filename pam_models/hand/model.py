"""The arrays of one parametric hand, in MANO's layout and joint order."""

import hashlib
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float, Int

JOINT_NAMES: tuple[str, ...] = (
    "wrist",
    "index1", "index2", "index3",
    "middle1", "middle2", "middle3",
    "pinky1", "pinky2", "pinky3",
    "ring1", "ring2", "ring3",
    "thumb1", "thumb2", "thumb3",
)  # fmt: skip
PARENTS: tuple[int, ...] = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14)
JOINTS = 16
SHAPES = 10
POSE_FEATURES = 135


class BadHandFile(ValueError):  # noqa: N818  (the name is the message's first words)
    """A hand file is missing, incomplete, or wants more than arrays from its reader."""


@dataclass(frozen=True, eq=False)
class HandModel:
    """One hand: template, blend shapes, skeleton and skinning weights (float32, metres, radians).

    Joints stand in MANO16 order: wrist, index1-3, middle1-3, pinky1-3, ring1-3, thumb1-3 (formats.md section 0).
    `hands_mean` is what a mean-relative pose adds to become a flat pose; `tip_vertices` are thumb, index, middle,
    ring, pinky; `vertex_tint` multiplies the skin colour. All arrays are read-only.

    Raises:
        BadHandFile: an array has the wrong shape or holds a value that is not finite.
    """

    name: str
    side: str
    v_template: Float[np.ndarray, "V 3"]
    shapedirs: Float[np.ndarray, "V 3 10"]
    posedirs: Float[np.ndarray, "V 3 135"]
    joint_regressor: Float[np.ndarray, "16 V"]
    weights: Float[np.ndarray, "V 16"]
    parents: Int[np.ndarray, "16"]
    faces: Int[np.ndarray, "F 3"]
    hands_mean: Float[np.ndarray, "45"]
    hands_components: Float[np.ndarray, "45 45"]
    tip_vertices: Int[np.ndarray, "5"]
    tip_set: str
    vertex_tint: Float[np.ndarray, "V 3"]
    license_tags: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check shapes and values, fix dtypes, make the arrays read-only."""
        if self.side not in ("right", "left"):
            raise BadHandFile(f"side is {self.side!r}; it must be 'right' or 'left'")
        count = len(self.v_template)
        shapes = {
            "v_template": (count, 3), "shapedirs": (count, 3, SHAPES), "posedirs": (count, 3, POSE_FEATURES),
            "joint_regressor": (JOINTS, count), "weights": (count, JOINTS), "parents": (JOINTS,),
            "hands_mean": (45,), "hands_components": (45, 45), "tip_vertices": (5,), "vertex_tint": (count, 3),
            "faces": (len(self.faces), 3),
        }  # fmt: skip
        for name, shape in shapes.items():
            integer = name in ("parents", "faces", "tip_vertices")
            array = np.array(getattr(self, name), dtype=np.int32 if integer else np.float32, order="C")
            if array.shape != shape:
                raise BadHandFile(f"{self.name} {self.side} hand: {name} has shape {array.shape}; it must be {shape}")
            if not np.isfinite(array).all():
                raise BadHandFile(f"{self.name} {self.side} hand: {name} holds values that are not finite")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        for name in ("faces", "tip_vertices"):
            ids = getattr(self, name)
            if ids.size and (ids.min() < 0 or ids.max() >= count):
                raise BadHandFile(f"{self.name} {self.side} hand: {name} names vertices outside 0..{count - 1}")

    @cached_property
    def _digest(self) -> str:
        digest = hashlib.sha256()
        for field in fields(self):
            value: Any = getattr(self, field.name)
            digest.update(field.name.encode())
            if isinstance(value, np.ndarray):
                digest.update(f"{value.dtype.str}{value.shape}".encode())
                digest.update(value.tobytes())
            else:
                digest.update(repr(value).encode())
        return digest.hexdigest()

    def sha256(self) -> str:
        """Hash of every array and name, so that ids change when the hand does."""
        return self._digest
