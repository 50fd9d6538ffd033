"""D-Grasp's label files (formats.md section 2): static grasps of YCB objects, converted to canonical terms."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float64
from scipy.spatial.transform import Rotation

from pam_models.hand.conventions import swap_ring_and_pinky
from pam_models.pose.source import BadInput
from pam_models.restricted_pickle.joblib_file import read_joblib
from pam_models.restricted_pickle.reader import BadPickle

# The numbers that YCB's names begin with, for the ids 1 to 21 (formats.md section 6).
YCB_NUMBERS = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 19, 21, 24, 25, 35, 36, 37, 40, 51, 52, 61)
_COLUMNS = {"final_qpos": 51, "final_obj_pos": 7, "obj_pose_reset": 7}


@dataclass(frozen=True)
class GraspLabel:
    """One static grasp: wrist in the object's frame, flat pose of the fingers in MANO order and MANO's rest axes, how
    the object stands on the table (wxyz), and its mass (None where the label has none).
    """

    ycb_id: int
    wrist_m: Float64[np.ndarray, "3"]
    rotation: Float64[np.ndarray, "3 3"]
    fingers_flat: Float64[np.ndarray, "45"]
    rest_quat: tuple[float, float, float, float]
    mass_kg: float | None


@dataclass(frozen=True)
class LabelFile:
    """The arrays of one file, by YCB id (1 to 21)."""

    name: str
    arrays: dict[int, dict[str, Float64[np.ndarray, "N C"]]]

    def keys(self) -> list[tuple[int, int]]:
        """(YCB id, row) of every label, sorted."""
        return [(ycb, row) for ycb in sorted(self.arrays) for row in range(len(self.arrays[ycb]["final_qpos"]))]

    def label(self, ycb_id: int, row: int) -> GraspLabel:
        """Convert one label: Euler XYZ to axis-angle, ring and pinky exchanged, wrist from world to object.

        Raises BadInput for a label that is not in the file or not finite.
        """
        arrays = self.arrays.get(ycb_id)
        if arrays is None or not 0 <= row < len(arrays["final_qpos"]):
            raise BadInput(f"{self.name}: has no label {row} of YCB object {ycb_id}")
        where = f"{self.name}: label {row} of YCB object {ycb_id}"
        qpos, placed, reset = (arrays[name][row] for name in _COLUMNS)
        if not all(np.isfinite(part).all() for part in (qpos, placed, reset)):
            raise BadInput(f"{where} has values that are not finite")
        if min(np.linalg.norm(placed[3:]), np.linalg.norm(reset[3:])) < 0.5:
            raise BadInput(f"{where} has an object quaternion (wxyz) that is none")
        turned = Rotation.from_quat(placed[3:], scalar_first=True)
        euler = qpos[6:].reshape(15, 3)
        fingers = swap_ring_and_pinky(Rotation.from_euler("XYZ", euler).as_rotvec().reshape(45))
        rest = Rotation.from_quat(reset[3:], scalar_first=True).as_quat(scalar_first=True)
        masses = arrays.get("obj_w_stacked")
        return GraspLabel(
            ycb_id=ycb_id,
            wrist_m=turned.inv().apply(qpos[:3] - placed[:3]),
            rotation=(turned.inv() * Rotation.from_euler("XYZ", qpos[3:6])).as_matrix(),
            fingers_flat=fingers,
            rest_quat=(float(rest[0]), float(rest[1]), float(rest[2]), float(rest[3])),
            mass_kg=float(masses[row, 0]) if masses is not None and row < len(masses) else None,
        )


def read_labels(file: Path) -> LabelFile:
    """Read and check a label file. Raises BadInput naming the file and what would be right."""
    try:
        content = read_joblib(file.read_bytes())
    except OSError as error:
        raise BadInput(f"{file}: cannot be read ({error.strerror})") from error
    except BadPickle as error:
        raise BadInput(f"{file}: {error}") from error
    if not isinstance(content, dict) or not content:
        raise BadInput(f"{file}: must hold a dict of YCB ids, holds {type(content).__name__}")
    found = {}
    for key, entry in content.items():
        if not isinstance(key, int | np.integer) or not 1 <= int(key) <= len(YCB_NUMBERS):
            raise BadInput(f"{file}: has the key {str(key)[:40]!r}; keys must be YCB ids from 1 to {len(YCB_NUMBERS)}")
        found[int(key)] = _checked(f"{file}: YCB object {key}", entry)
    return LabelFile(str(file), found)


def ycb_prefix(ycb_id: int) -> str:
    """What the name of a YCB object begins with: '003_' for the cracker box, whose id is 2."""
    return f"{YCB_NUMBERS[ycb_id - 1]:03d}_"


def _checked(where: str, entry: object) -> dict[str, Float64[np.ndarray, "N C"]]:
    if not isinstance(entry, dict):
        raise BadInput(f"{where}: must be a dict of arrays, is {type(entry).__name__}")
    arrays: dict[str, Float64[np.ndarray, "N C"]] = {}
    for name, width in _COLUMNS.items():
        array = np.asarray(entry.get(name, ()))
        if array.dtype.kind not in "fiu" or array.ndim != 2 or array.shape[1] != width or len(array) == 0:
            raise BadInput(f"{where}: {name} has the shape {array.shape}; it must be (N, {width})")
        arrays[name] = array.astype(np.float64)
    if len({len(array) for array in arrays.values()}) > 1:
        raise BadInput(f"{where}: {', '.join(arrays)} must have equally many rows")
    masses = np.asarray(entry.get("obj_w_stacked", ()))
    if masses.dtype.kind in "fiu" and masses.size:
        arrays["obj_w_stacked"] = masses.astype(np.float64).reshape(len(masses), -1)
    return arrays
