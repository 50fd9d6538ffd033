"""Recordings of the GraspXL dataset (formats.md section 1): read as they are, never simulated."""

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64
from scipy.spatial.transform import Rotation

from pam_models.hand.conventions import mean_relative_to_flat, transl_to_wrist, wrist_to_transl
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import rest_joints, skin
from pam_models.pose.array_dict import load_array_dict
from pam_models.pose.camera_sampling import Scenery, sample_camera
from pam_models.pose.object_file import open_edges, read_obj
from pam_models.pose.physics.articulation import palm_frame
from pam_models.pose.quality_gate import KEEP_ALL, QualityGate
from pam_models.pose.resampling import Window, resample_pose, resample_positions, resample_rotations, transforms_of
from pam_models.pose.source import BadInput, PoseRequest, request_seed
from pam_models.pose.sources.recorded import RecordedMotion, measured
from pam_models.pose.trajectory import ObjectMesh, Trajectory

LICENSE_TAG = "graspxl:CC-BY-NC-4.0"
SOURCE_FPS = 100.0
STRIDE = 3
TABLE_HEIGHT_M = 0.5
TABLE_TOLERANCE_M = 0.01
LIFT_STEPS = 25
MANO_POSE = 45
OBJECT_WORD = "object"
# What GraspXL takes from its simulated wrist to write `trans` (formats.md section 0, GraspXL's own ref_r): MANO's right
# J0 at betas = 0. A MANO file gives the same point and is used where there is one. Without it this constant alone says
# where the recorded wrist was; taking the free hand's J0 instead would put the hand 9 cm off the object.
RECORDED_WRIST_OFFSET_M = np.array([0.09566994, 0.00638343, 0.0061863], np.float32)


@dataclass(frozen=True)
class Recording:
    """The arrays of one recording, checked: T frames at 100 Hz."""

    object_id: str
    transl: Float32[np.ndarray, "T 3"]
    rot: Float32[np.ndarray, "T 3"]
    pose: Float32[np.ndarray, "T 45"]
    object_trans: Float32[np.ndarray, "T 3"]
    object_rot: Float32[np.ndarray, "T 3"]


@dataclass(frozen=True)
class GraspxlSource:
    """All recordings below a directory with `*_dataset_*/<size>/<id>/*.npy` and `object_dataset/<size>/<id>/<id>.obj`.

    The default gate keeps every recording that can be read; pass another to reject. `fps` is the rate at which frames
    are shown. Raises BadInput for a directory without recordings when they are listed.
    """

    path: Path
    fps: float = 15.0
    gate: QualityGate = KEEP_ALL

    def requests(self, count: int | None, seed: int) -> list[PoseRequest]:
        """One request per recording file, sorted by path, robot hands included (they fail with a reason)."""
        files = sorted(self.path.glob("*_dataset_*/*/*/*.npy"))
        if not files:
            raise BadInput(
                f"{self.path}: no recordings; GraspXL keeps them as <hand>_dataset_<n>/<size>/<object id>/<name>.npy"
            )
        keys = [file.relative_to(self.path).with_suffix("").as_posix() for file in files]
        return [PoseRequest(key, request_seed(seed, key)) for key in keys[:count]]

    def trajectory(self, request: PoseRequest, hand: HandModel, frames: int, width: int, height: int) -> Trajectory:
        """Read one recording, every third frame of its end (33 Hz), or all of it spread over `frames` when it is
        shorter.

        Raises BadInput with the file's name, TrajectoryRejected when the gate says no.
        """
        file = self._file(request.key)
        if hand.side != "right":
            raise BadInput(f"{file}: GraspXL records right hands; the hand model is a {hand.side} hand")
        recording = read_recording(file)
        mesh, mesh_notes = self._mesh(file, recording.object_id)
        window = frame_window(len(recording.transl), frames)
        pose_flat = _flat_pose(recording, hand, window.at)
        betas = np.zeros(10, np.float32)
        transl = resample_positions(recording.transl, window.at).astype(np.float32)
        notes = [window.text(len(recording.transl), self.fps), *mesh_notes]
        approximate = hand.name != "mano"
        if approximate:
            wrist = transl_to_wrist(transl, RECORDED_WRIST_OFFSET_M)
            transl = wrist_to_transl(wrist, rest_joints(hand, betas)[0]).astype(np.float32)
            notes.append(
                f"recorded with MANO, shown with the {hand.name} hand: proportions differ, contacts are approximate"
            )
        object_T_world = transforms_of(
            resample_rotations(recording.object_rot, window.at), resample_positions(recording.object_trans, window.at)
        )
        geometry = skin(hand, pose_flat, betas, transl)
        scenery = Scenery(geometry.vertices, hand.faces, geometry.joints, mesh.vertices_m, mesh.faces, object_T_world)
        table_height_m, table_notes = _table(geometry.vertices)
        motion = RecordedMotion(
            source="graspxl",
            hand=hand,
            pose_flat=pose_flat,
            betas=betas,
            transl=transl,
            obj=mesh,
            object_T_world=object_T_world.astype(np.float32),
            camera=sample_camera(scenery, request.seed, width, height),
            table_height_m=table_height_m,
            window=window,
            fps=self.fps,
            phase=tuple(_phase(float(index), len(recording.transl)) for index in window.at),
            notes=(*notes, *table_notes),
            license_tags=(LICENSE_TAG, *hand.license_tags),
            pose_is_approximate=approximate,
        )
        return measured(motion, self.gate, str(file))

    def _file(self, key: str) -> Path:
        root = self.path.resolve()
        file = (root / f"{key}.npy").resolve()
        if not file.is_relative_to(root):
            raise BadInput(f"request key {key!r} leads out of {self.path}")
        return file

    def _mesh(self, file: Path, object_id: str) -> tuple[ObjectMesh, list[str]]:
        size = file.parent.parent.name
        obj = self.path / "object_dataset" / size / object_id / f"{object_id}.obj"
        vertices, faces = read_obj(obj)
        broken = open_edges(faces)
        notes = [f"mesh is not watertight: {broken} open edges"] if broken else []
        class_id = 1 + zlib.crc32(object_id.encode()) % 21
        return ObjectMesh(object_id, OBJECT_WORD, class_id, vertices, faces, (LICENSE_TAG,)), notes


def read_recording(file: Path) -> Recording:
    """Read and check one `.npy` file. Raises BadInput naming the file and what would be right."""
    data = load_array_dict(file)
    others = [key for key in data if key != "right_hand"]
    if "right_hand" not in data or len(others) != 1:
        raise BadInput(f"{file}: has the keys {sorted(data)}; it must have 'right_hand' and one object id")
    object_id = others[0]
    if not object_id.replace("-", "").replace("_", "").isalnum():
        raise BadInput(f"{file}: names the object {object_id!r}; an id has letters, digits, - and _ only")
    # GraspXL's documents write the key as these very words; its files name the object.
    name = file.parent.name if object_id == "object_id" else object_id
    pose = _array(file, data, "right_hand", "pose", None)
    if pose.shape[1] != MANO_POSE:
        kind = "a robot hand" if pose.shape[1] in (22, 28) else "another hand"
        raise BadInput(
            f"{file}: right_hand.pose has {pose.shape[1]} numbers per frame: {kind}; a MANO recording has {MANO_POSE}"
        )
    frames = len(pose)
    arrays = {
        (who, what): _array(file, data, who, what, (frames, 3))
        for who in ("right_hand", object_id)
        for what in ("trans", "rot")
    }
    return Recording(
        name,
        arrays["right_hand", "trans"],
        arrays["right_hand", "rot"],
        pose,
        arrays[object_id, "trans"],
        arrays[object_id, "rot"],
    )


def frame_window(source_frames: int, frames: int) -> Window:
    """Which (fractional) source frames to show.

    Every third frame, ending two before the last (155 frames: 8..152), so that approach, grasp and lift are in; a
    shorter recording is spread over all its frames.
    """
    span = STRIDE * (frames - 1)
    if source_frames - 1 < span:
        return Window(np.linspace(0.0, source_frames - 1.0, frames), SOURCE_FPS)
    start = max(0, source_frames - 3 - span)
    return Window(start + STRIDE * np.arange(frames, dtype=np.float64), SOURCE_FPS)


def _array(
    file: Path, data: dict[str, Any], who: str, what: str, shape: tuple[int, int] | None
) -> Float32[np.ndarray, "T N"]:
    inner = data[who]
    if not isinstance(inner, dict) or what not in inner:
        raise BadInput(
            f"{file}: {who!r} has no {what!r}; it must be a dict with trans, rot"
            + (" and pose" if who == "right_hand" else "")
        )
    array = np.asarray(inner[what])
    if array.ndim != 2 or array.dtype.kind not in "fiu" or (shape is not None and array.shape != shape):
        wanted = f"{shape}" if shape is not None else f"(T, {MANO_POSE})"
        raise BadInput(f"{file}: {who}.{what} has shape {array.shape}; it must be {wanted}")
    if len(array) == 0:
        raise BadInput(f"{file}: has no frames")
    if not np.isfinite(array).all():
        raise BadInput(f"{file}: {who}.{what} has values that are not finite")
    return array.astype(np.float32)


def _flat_pose(recording: Recording, hand: HandModel, at: Float64[np.ndarray, " S"]) -> Float32[np.ndarray, "S 48"]:
    """Mean-relative pose to flat pose (flat = given + hands_mean), resampled joint by joint.

    A hand other than MANO has its own mean, which stands for the same relaxed posture as MANO's, and its own rest
    axes: rotations are carried over by the change of basis between the two palms.
    """
    rot, fingers = recording.rot.astype(np.float64), recording.pose.astype(np.float64)
    if hand.name != "mano":
        basis = from_mano_axes(hand)
        fingers = (fingers.reshape(-1, 15, 3) @ basis.T).reshape(-1, MANO_POSE)
        rot = (Rotation.from_rotvec(rot) * Rotation.from_matrix(basis.T)).as_rotvec()
    pose_flat = np.concatenate([rot, mean_relative_to_flat(fingers, hand.hands_mean)], axis=1)
    return resample_pose(pose_flat, at).astype(np.float32)


def from_mano_axes(hand: HandModel) -> Float64[np.ndarray, "3 3"]:
    """Rotation from MANO's rest axes (right hand: fingers -x, palm -y, thumb +z) to another hand's."""
    frame = palm_frame(rest_joints(hand, np.zeros(10, np.float32)), hand.side)
    mine = np.stack([frame.fingers, frame.palm, frame.thumbward], axis=1)
    mano: Float64[np.ndarray, "3 3"] = np.stack([[-1.0, 0.0, 0.0], [0.0, -1.0, 0.0], [0.0, 0.0, 1.0]], axis=1)
    basis: Float64[np.ndarray, "3 3"] = mine @ mano.T
    return basis


def _table(hand_vertices_m: Float32[np.ndarray, "T V 3"]) -> tuple[float, list[str]]:
    """Height of the table top; lower than GraspXL's where the recorded hand passes below it, as a hand cannot be
    inside a table.
    """
    lowest = float(hand_vertices_m[..., 2].min())
    if lowest > TABLE_HEIGHT_M - TABLE_TOLERANCE_M:
        return TABLE_HEIGHT_M, []
    return lowest - TABLE_TOLERANCE_M, [
        f"the hand passes {TABLE_HEIGHT_M - lowest:.2f} m below the table top at {TABLE_HEIGHT_M} m: table set lower"
    ]


def _phase(frame: float, source_frames: int) -> str:
    """GraspXL's schedule: approach and close by about frame 80, hold, lift over the last 25 frames."""
    if frame >= source_frames - LIFT_STEPS:
        return "lift"
    share = frame / (source_frames - LIFT_STEPS)
    return "reach" if share < 0.4 else "close" if share < 0.65 else "hold"
