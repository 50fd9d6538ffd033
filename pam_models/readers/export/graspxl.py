"""GraspXL's recordings (formats.md section 1.1): one npy of two dictionaries for each trajectory, 100 Hz, right hands.

Poses are relative to the hand's mean; `trans` is the wrist less MANO's J0 at betas = 0, which GraspXL knows alone. A
free hand's poses are carried to MANO's axes, as the reader of such recordings carries them back.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float32, Float64
from scipy.spatial.transform import Rotation

from pam_models.hand.conventions import flat_to_mean_relative
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import rest_joints
from pam_models.pose.resampling import resample_pose, resample_positions, resample_rotations
from pam_models.pose.sources.graspxl import RECORDED_WRIST_OFFSET_M, SOURCE_FPS, from_mano_axes
from pam_models.readers.errors import ExportError
from pam_models.readers.export.configuration import GraspXlOptions
from pam_models.readers.export.job import Files, Notes, Unit, Written
from pam_models.readers.export.object_mesh import obj_bytes
from pam_models.readers.export.source import ExportClip, ExportSource
from pam_models.readers.place import Place

RECORDINGS, OBJECTS = "mano_dataset_1/large", "object_dataset/large"


class GraspXlLayout:
    """`mano_dataset_1/large/<object>/<trajectory>.npy` and `object_dataset/large/<object>/<object>.obj`."""

    def __init__(self, options: GraspXlOptions) -> None:
        del options

    def units(self, source: ExportSource) -> list[Unit]:
        """One trajectory each, out of the first of its clips; left hands have no place in this layout."""
        first: dict[str, int] = {}
        for number in range(source.num_clips):
            clip = source.clip(number)
            if clip.is_right.all():
                first.setdefault(str(clip.ref.facts["trajectory_id"]), number)
        if not first:
            raise ExportError(f"{source.build}: has left hands alone; GraspXL's layout knows right hands only")
        return [Unit(trajectory, (number,)) for trajectory, number in first.items()]

    def write(self, source: ExportSource, unit: Unit) -> Written:
        """One recording and its object. Raises ReadError for labels or a mesh that cannot be read."""
        clip = source.clip(unit.clips[0]).whole("graspxl")
        object_id = str(clip.trajectory["object_name"])
        files: Files = {
            f"{RECORDINGS}/{object_id}/{unit.name}.npy": npy_bytes(recording_of(clip, object_id)),
            f"{OBJECTS}/{object_id}/{object_id}.obj": obj_bytes(*clip.object_mesh()),
        }
        return Written(files, {"mano": clip.is_mano})

    def finish(self, source: ExportSource, notes: Sequence[Notes], destination: Place) -> tuple[Files, list[str]]:
        """Nothing over the recordings; left hands and the hand model are said."""
        del destination
        clips = (source.clip(number) for number in range(source.num_clips))
        left = len({clip.ref.facts["trajectory_id"] for clip in clips if not clip.is_right.all()})
        messages = [f"{len(notes)} recordings at {SOURCE_FPS:g} Hz; {left} trajectories with left hands left out"]
        if not all(note["mano"] for note in notes):
            messages.append("the hand is not MANO's: poses are carried to MANO's axes and are approximate there")
        return {}, messages


def recording_of(clip: ExportClip, object_id: str) -> dict[str, dict[str, Float32[np.ndarray, "T N"]]]:
    """The two dictionaries of a recording: metres, axis-angles, world."""
    labels, hand = clip.labels, clip.hand()
    fps = float(clip.trajectory["fps"])
    at = np.arange(int(np.floor((len(labels) - 1) * SOURCE_FPS / fps)) + 1) * (fps / SOURCE_FPS)
    at = np.minimum(at, len(labels) - 1)
    pose = resample_pose(labels["pose_flat"], at)
    wrist = resample_positions(labels["transl"] + clip.wrist_rest(), at)
    poses = labels["object_pose"]
    turns = Rotation.from_matrix(poses[:, :3, :3].astype(np.float64)).as_rotvec()
    rot, fingers = _mano_pose(pose, hand)
    right = {"trans": wrist - _wrist_rest(hand), "rot": rot, "pose": fingers}
    thing = {
        "trans": resample_positions(poses[:, :3, 3], at),
        "rot": resample_rotations(turns, at),
        "angle": np.zeros((len(at), 1)),
    }
    both = {"right_hand": right, object_id: thing}
    return {who: {what: array.astype(np.float32) for what, array in parts.items()} for who, parts in both.items()}


def _wrist_rest(hand: HandModel) -> np.ndarray:
    return np.asarray(
        rest_joints(hand, np.zeros(10, np.float32))[0] if hand.name == "mano" else RECORDED_WRIST_OFFSET_M
    )


def _mano_pose(
    pose: Float64[np.ndarray, "T 48"], hand: HandModel
) -> tuple[Float64[np.ndarray, "T 3"], Float64[np.ndarray, "T 45"]]:
    rot, fingers = pose[:, :3], flat_to_mean_relative(pose[:, 3:], hand.hands_mean)
    if hand.name == "mano":
        return rot, fingers
    basis = from_mano_axes(hand)
    carried = (fingers.reshape(-1, 15, 3) @ basis).reshape(-1, 45)
    return np.asarray((Rotation.from_rotvec(rot) * Rotation.from_matrix(basis)).as_rotvec()), carried


def npy_bytes(recording: dict[str, Any]) -> bytes:
    """A recording as GraspXL stores it: a dictionary in an array of objects."""
    sink = io.BytesIO()
    np.save(sink, np.array(recording, dtype=object), allow_pickle=True)
    return sink.getvalue()
