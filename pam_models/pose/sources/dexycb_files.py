"""DexYCB's files as checked arrays, in DexYCB's own frames and conventions (formats.md section 6.1)."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import yaml
from jaxtyping import Float32, Float64, Int, UInt8

from pam_models.pose.source import BadInput
from pam_models.pose.sources.dexycb_layout import HEIGHT, WIDTH, YCB_CLASSES

MISSING_OBJECT = np.array([0, 0, 0, 1, 0, 0, 0], np.float32)
_YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Meta:
    """meta.yml: cameras, calibrations, the objects on the table and which of them is grasped, and the hand's side."""

    serials: list[str]
    num_frames: int
    extrinsics: str
    ycb_ids: list[int]
    grasped: int
    side: str
    mano_calib: str


@dataclass(frozen=True)
class Poses:
    """pose.npz, in the world (the master camera's frame).

    object_pose: quaternion xyzw, then metres. hand_pose: global axis-angle 3, PCA coefficients 45, translation 3.
    """

    object_pose: Float32[np.ndarray, "F N 7"]
    hand_pose: Float32[np.ndarray, "F 51"]

    def has_hand(self) -> np.ndarray:
        """Which frames have a hand (F,): all zeros mean none."""
        return np.asarray(np.any(self.hand_pose != 0, axis=1))

    def has_object(self) -> np.ndarray:
        """Which objects are there in which frames (F, N): the identity at the origin means none."""
        return np.asarray(np.any(self.object_pose != MISSING_OBJECT, axis=2))


@dataclass(frozen=True)
class Labels:
    """labels_*.npz of one frame, in one camera's frame; joints are None where there is no hand (marked by -1)."""

    segmentation: UInt8[np.ndarray, "480 640"]
    joints_m: Float32[np.ndarray, "21 3"] | None


def read_meta(folder: Path) -> Meta:
    """Read a recording's meta.yml. Raises BadInput."""
    file = folder / "meta.yml"
    data = _read_yaml(file)
    serials, ids = _value(file, data, "serials", list), _value(file, data, "ycb_ids", list)
    sides, calib = _value(file, data, "mano_sides", list), _value(file, data, "mano_calib", list)
    grasped = _value(file, data, "ycb_grasp_ind", int)
    if any(one not in YCB_CLASSES for one in ids) or not 0 <= grasped < len(ids):
        raise BadInput(f"{file}: ycb_ids {ids} with ycb_grasp_ind {grasped}; ids are 1..21 and the index is into them")
    if len(sides) != 1 or sides[0] not in ("right", "left") or len(calib) != 1:
        raise BadInput(f"{file}: mano_sides {sides} with mano_calib {calib}; one of 'right' and 'left', and one id")
    return Meta(
        serials=[str(serial) for serial in serials],
        num_frames=_value(file, data, "num_frames", int),
        extrinsics=str(data.get("extrinsics", "")),
        ycb_ids=list(ids),
        grasped=grasped,
        side=sides[0],
        mano_calib=str(calib[0]),
    )


def read_poses(folder: Path, meta: Meta) -> Poses:
    """Read a recording's pose.npz. Raises BadInput."""
    file = folder / "pose.npz"
    data = _read_npz(file)
    frames = meta.num_frames
    poses = Poses(
        _array(file, data, "pose_y", (frames, len(meta.ycb_ids), 7)),
        _array(file, data, "pose_m", (frames, 1, 51))[:, 0],
    )
    if frames == 0:
        raise BadInput(f"{file}: has no frames")
    if not np.all(np.abs(np.linalg.norm(poses.object_pose[..., :4], axis=-1) - 1) < 1e-2):
        raise BadInput(f"{file}: pose_y has quaternions that are not of length 1")
    return poses


def read_intrinsics(root: Path, serial: str) -> Float32[np.ndarray, "3 3"]:
    """K of a camera's 640x480 colour pictures, pixels. Raises BadInput."""
    file = root / "calibration" / "intrinsics" / f"{serial}_{WIDTH}x{HEIGHT}.yml"
    color = _value(file, _read_yaml(file), "color", dict)
    fx, fy, ppx, ppy = (_value(file, color, name, float) for name in ("fx", "fy", "ppx", "ppy"))
    if not (fx > 0 and fy > 0):
        raise BadInput(f"{file}: color.fx {fx} and color.fy {fy} must be above 0")
    return np.array([[fx, 0, ppx], [0, fy, ppy], [0, 0, 1]], np.float32)


def read_extrinsics(root: Path, calibration: str) -> dict[str, Float64[np.ndarray, "4 4"]]:
    """Camera (and 'apriltag') to world, by serial number. Raises BadInput."""
    file = root / "calibration" / f"extrinsics_{calibration}" / "extrinsics.yml"
    found = {}
    for name, numbers in _value(file, _read_yaml(file), "extrinsics", dict).items():
        pose: Float64[np.ndarray, "4 4"] = np.eye(4)
        try:
            pose[:3] = np.array(numbers, np.float64).reshape(3, 4)
        except (TypeError, ValueError) as error:
            raise BadInput(f"{file}: extrinsics.{name} must be 12 numbers, the rows of a 3 x 4 matrix") from error
        if not np.allclose(pose[:3, :3] @ pose[:3, :3].T, np.eye(3), atol=1e-3) or np.linalg.det(pose[:3, :3]) < 0:
            raise BadInput(f"{file}: extrinsics.{name} has no rotation in its first three columns")
        found[str(name)] = pose
    return found


def read_betas(root: Path, calibration: str) -> Float32[np.ndarray, "10"]:
    """A subject's hand shape from its calibration. Raises BadInput."""
    file = root / "calibration" / f"mano_{calibration}" / "mano.yml"
    betas = _value(file, _read_yaml(file), "betas", list)
    try:
        found = np.array(betas, np.float32)
    except (TypeError, ValueError) as error:
        raise BadInput(f"{file}: betas must be 10 numbers") from error
    if found.shape != (10,) or not np.isfinite(found).all():
        raise BadInput(f"{file}: betas must be 10 finite numbers, has shape {found.shape}")
    return found


def labels_file(folder: Path, serial: str, frame: int) -> Path:
    """Where the labels of a frame lie."""
    return folder / serial / f"labels_{frame:06d}.npz"


def depth_file(folder: Path, serial: str, frame: int) -> Path:
    """Where the depth picture of a frame lies."""
    return folder / serial / f"aligned_depth_to_color_{frame:06d}.png"


def read_labels(file: Path) -> Labels:
    """Read the labels of one frame and camera. Raises BadInput."""
    data = _read_npz(file)
    joints = _array(file, data, "joint_3d", (1, 21, 3))[0]
    segmentation: Int[np.ndarray, "480 640"] = _array(file, data, "seg", (HEIGHT, WIDTH)).astype(np.uint8)
    return Labels(segmentation, None if np.all(joints == -1) else joints)


def read_depth_m(file: Path) -> Float32[np.ndarray, "480 640"]:
    """A depth picture in metres, 0 = nothing; the file holds 16-bit millimetres. Raises BadInput."""
    depth_mm = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    if depth_mm is None or depth_mm.dtype != np.uint16 or depth_mm.shape != (HEIGHT, WIDTH):
        raise BadInput(f"{file}: is not a {WIDTH}x{HEIGHT} picture of 16-bit millimetres")
    return np.asarray(depth_mm, np.float32) / 1000.0


def _read_yaml(file: Path) -> dict[str, Any]:
    try:
        data = yaml.load(file.read_text(encoding="utf-8"), Loader=_YAML)  # noqa: S506  a safe loader in either case
    except OSError as error:
        raise BadInput(f"{file}: cannot be read ({error.strerror})") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadInput(f"{file}: is not YAML") from error
    if not isinstance(data, dict):
        raise BadInput(f"{file}: holds a {type(data).__name__}; it must hold key: value lines")
    return data


def _value(file: Path, data: Mapping[str, Any], key: str, kind: type) -> Any:  # noqa: ANN401  of the given kind
    if key not in data:
        raise BadInput(f"{file}: has no {key!r}; it has {', '.join(map(str, data)) or 'nothing'}")
    value = data[key]
    if kind is float and isinstance(value, int):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, float) and not np.isfinite(value)):
        raise BadInput(f"{file}: {key} is {str(value)[:40]!r}; it must be a {kind.__name__}")
    return value


def _read_npz(file: Path) -> dict[str, np.ndarray]:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except OSError as error:
        raise BadInput(f"{file}: cannot be read ({error.strerror or error})") from error
    except (ValueError, zipfile.BadZipFile, AttributeError, EOFError) as error:
        raise BadInput(f"{file}: is not an .npz of plain arrays ({str(error).splitlines()[0]})") from error


def _array(
    file: Path, data: Mapping[str, np.ndarray], key: str, shape: tuple[int, ...]
) -> Float32[np.ndarray, "*shape"]:
    if key not in data:
        raise BadInput(f"{file}: has no {key!r}; it has {', '.join(data) or 'nothing'}")
    array = data[key]
    if array.shape != shape or array.dtype.kind not in "fiu":
        raise BadInput(f"{file}: {key} is {array.dtype} {array.shape}; it must be numbers of shape {shape}")
    if not np.isfinite(array).all():
        raise BadInput(f"{file}: {key} has values that are not finite")
    return array.astype(np.float32)
