"""OakInk2's recordings (formats.md section 7): two hands, moving cameras, several objects.

Poses are MANO's, absolute (zero = flat hand), and a hand's position is its wrist's: transl = tsl - J0(betas).
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64

from pam_models.conditions.camera import Camera
from pam_models.hand.conventions import move_pose, quat_wxyz_to_axis_angle, wrist_to_transl
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import rest_joints
from pam_models.pose.meshes.reading import read_mesh_file
from pam_models.pose.object_file import LARGEST_M, open_edges
from pam_models.pose.quality_gate import KEEP_ALL, QualityGate
from pam_models.pose.resampling import Window, clip_window, resample_pose, resample_positions, resample_transforms
from pam_models.pose.source import BadInput, PoseRequest, request_seed
from pam_models.pose.sources.dexycb_layout import views
from pam_models.pose.sources.oakink2_files import MOCAP_FPS, Annotation, mesh_file, object_names, read_annotation
from pam_models.pose.sources.recorded import RecordedMotion, longest_run, lowest_point_m, measured, phases_of
from pam_models.pose.trajectory import ObjectMesh, PlacedObject, SecondHand, Trajectory

LICENSE_TAG = "oakink2:CC-BY-NC-SA-3.0"
CAMERAS = ("allocentric_top", "allocentric_left", "allocentric_right", "egocentric")
TOP_CAMERA = "allocentric_top"
# The top camera looks down within this angle (cosine of 60 degrees).
_DOWNWARDS = 0.5
_STILL_M = 1e-6
_CLASSES = 21


@dataclass(frozen=True)
class Oakink2Source:
    """Clips of the recordings below OakInk2's folder, each seen by one camera.

    `side` is the hand that a trajectory is about; the other one is its second hand, made with `hands(other side)`. Left
    hands are MANO's with the file's own shape directions, as manotorch reads them. `up_axis` is the axis of the
    recordings' world that points up; the top camera must agree. `fps` is the rate at which frames are shown.
    """

    path: Path
    hands: Callable[[str], HandModel]
    side: Literal["right", "left"] = "right"
    cameras: tuple[str, ...] = CAMERAS
    clips_per_recording: int = 1
    up_axis: Literal["y", "z"] = "z"
    fps: float = 15.0
    gate: QualityGate = KEEP_ALL

    def requests(self, count: int | None, seed: int) -> list[PoseRequest]:
        """One request per recording, camera and clip, without opening the recordings.

        Raises BadInput for a folder without recordings.
        """
        names = sorted(file.stem for file in (self.path / "anno_preview").glob("*.pkl"))
        if not names:
            raise BadInput(f"{self.path}: no recordings; OakInk2 keeps them as anno_preview/<recording>.pkl")
        pairs = list(views([(name, list(self.cameras)) for name in names]))
        keys = [f"{name}/{camera}/{clip}" for clip in range(self.clips_per_recording) for name, camera in pairs]
        return [PoseRequest(key, request_seed(seed, key), self.side) for key in keys[:count]]

    def trajectory(self, request: PoseRequest, hand: HandModel, frames: int, width: int, height: int) -> Trajectory:
        """Read one clip: consecutive pictures in which the camera and the hand are known, clip k of n around the middle
        of the k-th of n equal parts of the longest such stretch.

        The object is the one that moves most in the clip. Raises BadInput with the file's name, TrajectoryRejected
        when the gate says no.
        """
        annotation, camera, clip = self._parts(request.key)
        file = annotation.file
        other = self.hands("left" if self.side == "right" else "right")
        if "mano" not in (hand.name, other.name) or hand.name != other.name:
            raise BadInput(f"{file}: OakInk2's poses are MANO's; pass hand.mano_dir, the folder of your MANO files")
        if hand.side != self.side:
            raise BadInput(f"{file}: is read for the {self.side} hand; the hand model is a {hand.side} hand")
        clip_frames = _Clip(annotation, camera, self.side, frames, clip, self.clips_per_recording)
        T_up = self._upright(annotation, clip_frames.ids)
        objects, main = self._objects(annotation, clip_frames, T_up)
        mesh, object_T_world = objects[main].mesh, objects[main].T_world
        first = clip_frames.hand(hand, T_up)
        second = None
        notes = [clip_frames.window.text(len(annotation.frame_ids), self.fps)]
        if clip_frames.has_hand(other.side):
            second = clip_frames.hand(other, T_up)
        else:
            notes.append(f"the {other.side} hand has no pose in every frame and is left out")
        if broken := open_edges(mesh.faces):
            notes.append(f"mesh is not watertight: {broken} open edges")
        notes.append("table: at the object's lowest point in the first frame")
        motion = RecordedMotion(
            source="oakink2",
            hand=hand,
            pose_flat=first.pose_flat,
            betas=first.betas,
            transl=first.transl,
            obj=mesh,
            object_T_world=object_T_world,
            camera=clip_frames.view(self.path, T_up).resized(width, height),
            table_height_m=lowest_point_m(mesh, object_T_world[0]),
            window=clip_frames.window,
            fps=self.fps,
            phase=phases_of(object_T_world),
            notes=tuple(notes),
            license_tags=(LICENSE_TAG, *hand.license_tags),
            left_shapedirs_fixed=False,
            second=second,
            others=tuple(one for place, one in enumerate(objects) if place != main),
        )
        return measured(motion, self.gate, f"{file}, camera {camera}, clip {clip}")

    def _parts(self, key: str) -> tuple[Annotation, str, int]:
        name, _, rest = key.partition("/")
        camera, _, clip = rest.partition("/")
        file = self.path / "anno_preview" / f"{name}.pkl"
        if file.parent.resolve() != file.resolve().parent or not clip.isdecimal():
            raise BadInput(f"{self.path}: no clip {key!r}; request keys are <recording>/<camera>/<number>")
        return read_annotation(file), camera, int(clip)

    def _upright(self, annotation: Annotation, ids: Int64[np.ndarray, " F"]) -> Float64[np.ndarray, "4 4"]:
        """Recorded world to a z-up world."""
        upright = np.eye(4)
        if self.up_axis == "y":
            upright[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
        if TOP_CAMERA in annotation.content["cam_extr"] and annotation.has_camera(TOP_CAMERA, int(ids[0])):
            forward = annotation.world_to_camera(TOP_CAMERA, ids[:1])[0, 2, :3]
            if -(upright[:3, :3] @ forward)[2] < _DOWNWARDS:
                raise BadInput(
                    f"{annotation.file}: {self.up_axis} does not point up, for {TOP_CAMERA} does not look down it; "
                    "pass pose.up_axis"
                )
        return upright

    def _objects(
        self, annotation: Annotation, clip: "_Clip", T_up: Float64[np.ndarray, "4 4"]
    ) -> tuple[list[PlacedObject], int]:
        """Every object with a pose in all frames, and which of them moves most."""
        there = [name for name in annotation.objects if annotation.has_object(name, clip.ids)]
        if not there:
            raise BadInput(f"{annotation.file}: no object has a pose in every frame of the clip")
        named = object_names(self.path)
        placed: list[PlacedObject] = []
        taken: set[int] = set()
        for name in there:
            class_id = zlib.crc32(name.encode()) % _CLASSES
            while class_id + 1 in taken and len(taken) < _CLASSES:
                class_id = (class_id + 1) % _CLASSES
            taken.add(class_id + 1)
            mesh = _mesh(mesh_file(self.path, name), name, named.get(name, "object"), class_id + 1)
            poses = T_up @ annotation.object_to_world(name, clip.ids)
            placed.append(PlacedObject(mesh, resample_transforms(poses, clip.at).astype(np.float32)))
        ways = [float(np.linalg.norm(np.diff(one.T_world[:, :3, 3], axis=0), axis=1).sum()) for one in placed]
        return placed, int(np.argmax(ways))


def _mesh(file: Path, name: str, described: str, class_id: int) -> ObjectMesh:
    read = read_mesh_file(file)
    size = float(np.ptp(read.vertices, axis=0).max())
    if not size < LARGEST_M:
        raise BadInput(
            f"{file}: is {size:.3g} m large, at most {LARGEST_M} m is a thing for a hand; is it in millimetres?"
        )
    word = (described.split() or ["object"])[-1].lower()
    return ObjectMesh(name, word, class_id, read.vertices.astype(np.float32), read.faces, (LICENSE_TAG,))


class _Clip:
    """The frames of one clip and what the annotation says in them."""

    def __init__(self, annotation: Annotation, camera: str, side: str, frames: int, number: int, of: int) -> None:
        ids = annotation.frame_ids
        known = np.array([annotation.has_camera(camera, i) and annotation.has_hand(side, i) for i in ids.tolist()])
        first, length = longest_run(known)
        if length == 0:
            raise BadInput(f"{annotation.file}: no picture of {camera} has both a camera pose and the {side} hand")
        middle = first + round((number + 0.5) * length / of)
        start = min(max(middle - frames // 2, first), first + max(length - frames, 0))
        self.ids = ids[start : start + min(frames, length)]
        steps = np.diff(self.ids)
        if len(steps) and (steps != steps[0]).any():
            raise BadInput(f"{annotation.file}: pictures {self.ids[0]} to {self.ids[-1]} are not evenly spaced in time")
        step = float(steps[0]) if len(steps) else 1.0
        self.at = clip_window(0, len(self.ids), frames, MOCAP_FPS).at
        self.window = Window(float(self.ids[0]) + step * self.at, MOCAP_FPS)
        self._annotation, self._camera = annotation, camera

    def has_hand(self, side: str) -> bool:
        """Whether a hand is there in all frames."""
        return all(self._annotation.has_hand(side, frame) for frame in self.ids.tolist())

    def hand(self, hand: HandModel, T_up: Float64[np.ndarray, "4 4"]) -> SecondHand:
        """One hand of the recording in canonical terms."""
        track = self._annotation.hand(hand.side, self.ids)
        betas = track.betas.astype(np.float32)
        rest = rest_joints(hand, betas)[0]
        flat = quat_wxyz_to_axis_angle(track.quaternions_wxyz).reshape(-1, 48)
        pose, transl = move_pose(flat, wrist_to_transl(track.wrist_m, rest), rest, T_up)
        moved = resample_positions(transl, self.at).astype(np.float32)
        wrist_m = (moved + rest).astype(np.float32)
        return SecondHand(hand, resample_pose(pose, self.at).astype(np.float32), betas, moved, wrist_m)

    def view(self, root: Path, T_up: Float64[np.ndarray, "4 4"]) -> Camera:
        """The camera of the clip: one pose where it stands still, one for each frame where it moves."""
        K = self._annotation.intrinsics(self._camera, self.ids)
        poses = T_up @ np.linalg.inv(self._annotation.world_to_camera(self._camera, self.ids))
        width, height = self._annotation.picture_size(root, self._camera, int(self.ids[0]))
        still = np.abs(poses - poses[0]).max() <= _STILL_M
        chosen = poses[0] if still else resample_transforms(poses, self.at)
        return Camera(K.astype(np.float32), chosen.astype(np.float32), width, height)
