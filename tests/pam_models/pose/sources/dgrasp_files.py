"""D-Grasp label files and YCB meshes made for the tests, in joblib's own layout."""

import io
import pickle
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pam_models.hand.conventions import swap_ring_and_pinky
from pam_models.pose.physics.shapes import box_mesh
from tests.pam_models.pose.meshes.meshes_on_disk import write

BOX = box_mesh([0.025, 0.035, 0.08], cells=2)


class NumpyArrayWrapper:
    """Stands for joblib's class of this name while a file is written."""

    def __init__(self, array: np.ndarray, alignment: int | None) -> None:
        self.subclass, self.shape, self.dtype = np.ndarray, array.shape, array.dtype
        self.order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
        self.allow_mmap = False
        if alignment is not None:
            self.numpy_array_alignment_bytes = alignment


class _Writer(pickle._Pickler):
    def __init__(self, stream: io.BytesIO, alignment: int | None) -> None:
        super().__init__(stream, protocol=2)
        self.stream, self.alignment = stream, alignment

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if not isinstance(obj, np.ndarray):
            super().save(obj, save_persistent_id)  # type: ignore[misc]
            return
        super().save(NumpyArrayWrapper(obj, self.alignment), save_persistent_id)  # type: ignore[misc]
        if self.alignment is not None:
            padding = self.alignment - (self.stream.tell() + 1) % self.alignment
            self.stream.write(bytes([padding]) + b"\xff" * padding)
        self.stream.write(obj.tobytes("A"))


@contextmanager
def _known_to_pickle() -> Iterator[None]:
    package, module = types.ModuleType("joblib"), types.ModuleType("joblib.numpy_pickle")
    module.NumpyArrayWrapper = NumpyArrayWrapper  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, package.__name__, package)
        patch.setitem(sys.modules, module.__name__, module)
        patch.setattr(NumpyArrayWrapper, "__module__", module.__name__)
        yield


def joblib_bytes(content: object, alignment: int | None = 16) -> bytes:
    """What joblib.dump writes for dicts, lists, strings, numbers and arrays of numbers."""
    stream = io.BytesIO()
    with _known_to_pickle():
        _Writer(stream, alignment).dump(content)
    return stream.getvalue()


def label_entry(
    wrist_T_object: np.ndarray, fingers_flat: np.ndarray, object_T_world: np.ndarray, mass_kg: float = 0.2
) -> dict[str, np.ndarray]:
    """One label's arrays by D-Grasp's conventions, from a wrist in the object's frame and a flat pose in MANO order."""
    wrist = object_T_world @ wrist_T_object
    quat = Rotation.from_matrix(object_T_world[:3, :3]).as_quat(scalar_first=True)
    fingers = Rotation.from_rotvec(swap_ring_and_pinky(fingers_flat).reshape(15, 3)).as_euler("XYZ")
    glob = Rotation.from_matrix(wrist[:3, :3]).as_euler("XYZ")
    placed = np.concatenate([object_T_world[:3, 3], quat])[None]
    return {
        "final_qpos": np.concatenate([wrist[:3, 3], glob, fingers.reshape(45)])[None],
        "final_obj_pos": placed,
        "obj_pose_reset": placed,
        "obj_w_stacked": np.array([mass_kg]),
    }


def write_labels(file: Path, content: object) -> Path:
    """Write a label file."""
    file.write_bytes(joblib_bytes(content))
    return file


def write_box(folder: Path) -> Path:
    """A mesh with the name of YCB's cracker box (id 2), as DexYCB keeps it."""
    write(folder / "003_cracker_box" / "textured_simple.obj", BOX)
    return folder
