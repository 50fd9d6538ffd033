"""DexYCB's recordings (formats.md section 6): one trajectory for each recording and camera, seen by that camera.

The canonical world is the AprilTag's frame: it lies on the table and its z axis points up. DexYCB's own world is the
master camera. Poses are MANO's: without MANO's mean and components they have no meaning, so this source needs MANO.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64
from scipy.spatial.transform import Rotation

from pam_models.conditions.camera import Camera
from pam_models.hand.conventions import move_pose, pca_to_flat
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import rest_joints
from pam_models.pose.object_file import open_edges, read_obj
from pam_models.pose.quality_gate import KEEP_ALL, QualityGate
from pam_models.pose.resampling import Window, clip_window, resample_pose, resample_positions, resample_transforms
from pam_models.pose.source import BadInput, PoseRequest, request_seed
from pam_models.pose.sources.dexycb_check import check_against_labels
from pam_models.pose.sources.dexycb_files import (
    Meta,
    Poses,
    read_betas,
    read_extrinsics,
    read_intrinsics,
    read_meta,
    read_poses,
)
from pam_models.pose.sources.dexycb_layout import (
    HEIGHT,
    SOURCE_FPS,
    WIDTH,
    YCB_CLASSES,
    Setup,
    Split,
    cameras_in_split,
    in_split,
    sequences,
    views,
    word_of,
)
from pam_models.pose.sources.recorded import RecordedMotion, longest_run, measured, phases_of
from pam_models.pose.trajectory import ObjectMesh, PlacedObject, Trajectory

LICENSE_TAG = "dexycb:CC-BY-NC-4.0"
YCB_LICENSE_TAG = "ycb-models:CC-BY-4.0"


@dataclass(frozen=True)
class DexycbSource:
    """The recordings of one split below DexYCB's folder. `fps` is the rate at which frames are shown.

    Hands are MANO's with the left shape directions as the file has them: DexYCB was annotated with their sign mistake
    (formats.md section 3.4), so a left `hand` must come from load_mano(..., left_shapedirs_fixed=False).
    """

    path: Path
    setup: Setup = "s0"
    split: Split = "train"
    fps: float = 15.0
    gate: QualityGate = KEEP_ALL

    def requests(self, count: int | None, seed: int) -> list[PoseRequest]:
        """One request per recording and camera of the split; a recording that cannot be read has one, which fails.

        Raises BadInput for a folder without recordings, or a split that holds none of them.
        """
        sides: dict[str, str] = {}
        found: list[tuple[str, list[str]]] = []
        unreadable = []
        for sequence in sequences(self.path):
            if in_split(sequence, self.setup, self.split):
                try:
                    meta = read_meta(self.path / sequence.name)
                except BadInput:
                    unreadable.append(sequence.name)
                    continue
                sides[sequence.name] = meta.side
                found.append((sequence.name, cameras_in_split(meta.serials, self.setup, self.split)))
        requests = [
            PoseRequest(key := f"{name}/{serial}", request_seed(seed, key), sides[name])
            for name, serial in views(found)
        ]
        requests += [PoseRequest(name, request_seed(seed, name)) for name in unreadable]
        if not requests:
            raise BadInput(f"{self.path}: no recording belongs to {self.setup} {self.split}; choose another split")
        return requests[:count]

    def trajectory(self, request: PoseRequest, hand: HandModel, frames: int, width: int, height: int) -> Trajectory:
        """Read one recording as one camera saw it.

        Frames are those of the longest stretch in which hand and grasped object are labelled (clip_window). Raises
        BadInput with the file's name, TrajectoryRejected when the gate says no.
        """
        folder, serial = self._folder(request.key)
        meta, poses, camera = self._read(folder, serial)
        if hand.name != "mano":
            raise BadInput(f"{folder}: DexYCB's poses are MANO's; pass hand.mano_dir, the folder of your MANO files")
        if hand.side != meta.side:
            raise BadInput(f"{folder}: was recorded with a {meta.side} hand; the hand model is a {hand.side} hand")
        extrinsics = read_extrinsics(self.path, meta.extrinsics)
        T_table_world = self._table(folder, extrinsics)
        betas = read_betas(self.path, meta.mano_calib)
        pose_flat, transl = hand_in_table(poses.hand_pose, hand, betas, T_table_world)
        view = Camera(
            camera, (T_table_world @ self._camera_pose(folder, extrinsics, serial)).astype(np.float32), WIDTH, HEIGHT
        )
        present = poses.has_object()
        first, length = longest_run(poses.has_hand() & present[:, meta.grasped])
        if length == 0:
            raise BadInput(f"{folder}/pose.npz: no frame has both the hand and the grasped object")
        window = clip_window(first, length, frames, SOURCE_FPS)
        check_against_labels(folder, serial, window, view, hand, betas, pose_flat, transl)
        objects = [
            self._placed(meta.ycb_ids[i], poses.object_pose[:, i], T_table_world, window)
            for i in range(len(meta.ycb_ids))
            if present[first : first + length, i].all()
        ]
        main = next(one for one in objects if one.mesh.class_id == meta.ycb_ids[meta.grasped])
        object_T_world = main.T_world
        notes = [
            window.text(meta.num_frames, self.fps),
            f"hand and object are labelled in frames {first} to {first + length - 1}",
            *([f"{len(meta.ycb_ids) - len(objects)} objects without a pose in every frame are left out"]
              if len(objects) < len(meta.ycb_ids) else []),
            *([f"mesh is not watertight: {broken} open edges"] if (broken := open_edges(main.mesh.faces)) else []),
        ]  # fmt: skip
        motion = RecordedMotion(
            source="dexycb",
            hand=hand,
            pose_flat=resample_pose(pose_flat, window.at).astype(np.float32),
            betas=betas,
            transl=resample_positions(transl, window.at).astype(np.float32),
            obj=main.mesh,
            object_T_world=object_T_world,
            camera=view.resized(width, height),
            table_height_m=0.0,
            window=window,
            fps=self.fps,
            phase=phases_of(object_T_world),
            notes=tuple(notes),
            license_tags=(LICENSE_TAG, YCB_LICENSE_TAG, *hand.license_tags),
            left_shapedirs_fixed=False,
            others=tuple(one for one in objects if one is not main),
        )
        return measured(motion, self.gate, f"{folder}, camera {serial}")

    def _folder(self, key: str) -> tuple[Path, str]:
        """The recording's folder and the camera out of a key; a key without a camera is a recording that cannot be
        read, and says here why.
        """
        known = {sequence.name for sequence in sequences(self.path)}
        name, _, serial = key.rpartition("/") if key.count("/") == 2 else (key, "", "")
        if name not in known:
            raise BadInput(f"{self.path}: no recording {name!r}; request keys are <subject>/<recording>/<camera>")
        meta = read_meta(self.path / name)
        if serial not in meta.serials:
            raise BadInput(f"{self.path / name}: no camera {serial!r}; it has {', '.join(meta.serials)}")
        return self.path / name, serial

    def _read(self, folder: Path, serial: str) -> tuple[Meta, Poses, Float32[np.ndarray, "3 3"]]:
        meta = read_meta(folder)
        return meta, read_poses(folder, meta), read_intrinsics(self.path, serial)

    def _camera_pose(
        self, folder: Path, extrinsics: dict[str, Float64[np.ndarray, "4 4"]], serial: str
    ) -> Float64[np.ndarray, "4 4"]:
        if serial not in extrinsics:
            raise BadInput(f"{folder}: its calibration has no camera {serial}; it has {', '.join(extrinsics)}")
        return extrinsics[serial]

    def _table(self, folder: Path, extrinsics: dict[str, Float64[np.ndarray, "4 4"]]) -> Float64[np.ndarray, "4 4"]:
        """World to table. Cameras stand above the table, or the calibration is not what it should be."""
        if "apriltag" not in extrinsics:
            raise BadInput(f"{folder}: its calibration has no 'apriltag', which says where the table is")
        T_table_world = np.linalg.inv(extrinsics["apriltag"])
        heights = [float((T_table_world @ pose)[2, 3]) for name, pose in extrinsics.items() if name != "apriltag"]
        if not heights or max(heights) <= 0:
            raise BadInput(
                f"{folder}: its calibration puts every camera below the table; 'apriltag' must be tag to world"
            )
        return np.asarray(T_table_world)

    def _placed(
        self, ycb_id: int, pose: Float32[np.ndarray, "F 7"], T_table_world: Float64[np.ndarray, "4 4"], window: Window
    ) -> PlacedObject:
        name = YCB_CLASSES[ycb_id]
        vertices, faces = read_obj(self.path / "models" / name / "textured_simple.obj")
        mesh = ObjectMesh(name, word_of(ycb_id), ycb_id, vertices, faces, (YCB_LICENSE_TAG,))
        in_table = T_table_world @ transforms_of_xyzw(pose)
        return PlacedObject(mesh, resample_transforms(in_table, window.at).astype(np.float32))


def hand_in_table(
    hand_pose: Float32[np.ndarray, "F 51"],
    hand: HandModel,
    betas: Float32[np.ndarray, "10"],
    T_table_world: Float64[np.ndarray, "4 4"],
) -> tuple[Float64[np.ndarray, "F 48"], Float64[np.ndarray, "F 3"]]:
    """pose_m as flat pose and translation in the table's frame: coefficients of MANO's components, from its mean."""
    given = hand_pose.astype(np.float64)
    fingers = pca_to_flat(given[:, 3:48], hand.hands_mean, hand.hands_components)
    flat = np.concatenate([given[:, :3], fingers], axis=1)
    return move_pose(flat, given[:, 48:], rest_joints(hand, betas)[0], T_table_world)


def transforms_of_xyzw(pose: Float32[np.ndarray, "F 7"]) -> Float64[np.ndarray, "F 4 4"]:
    """pose_y of one object as matrices: quaternion with the real part last, then the position."""
    transforms = np.tile(np.eye(4), (len(pose), 1, 1))
    transforms[:, :3, :3] = Rotation.from_quat(pose[:, :4].astype(np.float64), scalar_first=False).as_matrix()
    transforms[:, :3, 3] = pose[:, 4:]
    return transforms
