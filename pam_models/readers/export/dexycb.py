"""DexYCB's tree (formats.md section 6): a sequence for each clip, seen by one camera, which is the master camera.

DexYCB's world is its master camera's frame, so poses in `pose.npz` and in the labels are the same here. Joints of MANO
hands have DexYCB's fingertips (manopth's vertices). The toolkit's own lists of subjects and serials do not name these:
give a loader the folders found here.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import yaml
from jaxtyping import Float32

from pam_models.conditions.camera import project_camera_points
from pam_models.hand.conventions import flat_to_pca, matrix_to_quat_wxyz, wxyz_to_xyzw
from pam_models.hand.mano_file import TIP_SETS
from pam_models.media.encoding import encode_jpeg, encode_png16
from pam_models.readers.export.camera_axes import in_camera
from pam_models.readers.export.configuration import DexYcbOptions
from pam_models.readers.export.job import Files, Notes, Unit, Written
from pam_models.readers.export.object_mesh import obj_bytes
from pam_models.readers.export.source import ExportClip, ExportSource
from pam_models.readers.export.stretched import camera_of, rendered_maps, stretched
from pam_models.readers.place import Place

WIDTH, HEIGHT = 640, 480
TIPS_OP21 = (4, 8, 12, 16, 20)


class DexYcbLayout:
    """`pam-<split>/<clip>/` with meta.yml, pose.npz and one camera's frames; `calibration/`; `models/`."""

    def __init__(self, options: DexYcbOptions) -> None:
        self._options = options

    def units(self, source: ExportSource) -> list[Unit]:
        """One clip each."""
        return [Unit(source.clip(number).clip_id, (number,)) for number in range(source.num_clips)]

    def write(self, source: ExportSource, unit: Unit) -> Written:
        """One sequence. Raises ReadError for a clip that cannot be read, or of which only some frames are selected."""
        clip = source.clip(unit.clips[0]).whole("dexycb")
        pictures = clip.pictures()
        size = (WIDTH, HEIGHT) if self._options.resize else (pictures[0].shape[1], pictures[0].shape[0])
        camera = camera_of(clip, *size)
        maps = rendered_maps(clip, camera)
        # A serial has one file of intrinsics, and cameras differ from clip to clip: each clip has a serial of its own.
        folder, serial = f"pam-{clip.split}/{clip.clip_id}", f"pam{clip.clip_id}"
        class_id = int(clip.trajectory["object_class_id"])
        pose_m, object_cam = _hand(clip), _object(clip)
        joints = _joints(clip)
        files: Files = {}
        for frame, picture in enumerate(stretched(pictures, *size)):
            labels = {
                "seg": maps.labels[frame],
                "pose_y": object_cam[frame : frame + 1, :3],
                "pose_m": pose_m[frame : frame + 1],
                "joint_3d": joints[frame : frame + 1],
                "joint_2d": project_camera_points(joints[frame : frame + 1], camera.K),
            }
            place = f"{folder}/{serial}"
            files[f"{place}/color_{frame:06d}.jpg"] = encode_jpeg(picture, self._options.quality)
            depth_mm = np.minimum(np.rint(maps.depth_m[frame] * 1000), 65535).astype(np.uint16)
            files[f"{place}/aligned_depth_to_color_{frame:06d}.png"] = encode_png16(depth_mm)
            files[f"{place}/labels_{frame:06d}.npz"] = _npz(**labels)
        files[f"{folder}/pose.npz"] = _npz(pose_y=_quaternions(object_cam)[:, None], pose_m=pose_m[:, None])
        files[f"{folder}/meta.yml"] = _yaml(
            {
                "serials": [serial],
                "num_frames": len(pictures),
                "extrinsics": serial,
                "ycb_ids": [class_id],
                "ycb_grasp_ind": 0,
                "mano_sides": ["right" if clip.is_right[0] else "left"],
                "mano_calib": [serial],
            }
        )
        files |= _calibration(clip, serial, camera.K, size)
        files[f"models/{clip.trajectory['object_name']}/textured_simple.obj"] = obj_bytes(*clip.object_mesh())
        notes = {"frames": len(pictures), "mano": clip.is_mano, "left": int(not clip.is_right[0])}
        return Written(files, notes)

    def finish(self, source: ExportSource, notes: Sequence[Notes], destination: Place) -> tuple[Files, list[str]]:
        """A README that says what differs from DexYCB's own recordings."""
        del destination
        messages = [
            f"{len(notes)} sequences, {sum(note['frames'] for note in notes)} frames, a serial each",
            "depth is the simulator's, of hand and object alone; models/ is named by object, ycb_ids are its colours",
        ]
        if not all(note["mano"] for note in notes):
            messages.append("the hand is not MANO's: pose_m means the free hand's parameters, joints are exact")
        if any(note["left"] for note in notes):
            messages.append("left hands: pose_m belongs to MANO_LEFT with its shapedirs mended, DexYCB's own do not")
        text = f"# Build {source.build_id} in DexYCB's layout\n\n" + "".join(f"- {line}\n" for line in messages)
        return {"README.md": text.encode()}, messages


def _hand(clip: ExportClip) -> Float32[np.ndarray, "T 51"]:
    """Global axis-angle, 45 component coefficients, translation; camera frame."""
    hand, parameters = clip.hand(), in_camera(clip.labels, clip.wrist_rest())
    pca = flat_to_pca(parameters.pose_flat[:, 3:], hand.hands_mean, hand.hands_components)
    return np.concatenate([parameters.pose_flat[:, :3], pca, parameters.transl], axis=1).astype(np.float32)


def _joints(clip: ExportClip) -> Float32[np.ndarray, "T 21 3"]:
    joints = clip.labels["xyz"].copy()
    if clip.is_mano:
        side = "right" if clip.is_right[0] else "left"
        joints[:, list(TIPS_OP21)] = clip.vertices()[:, list(TIP_SETS["manopth"][side])]
    return joints


def _object(clip: ExportClip) -> Float32[np.ndarray, "T 4 4"]:
    T_cam_world = np.linalg.inv(clip.labels["T_world_cam"].astype(np.float64))
    return np.asarray((T_cam_world @ clip.labels["object_pose"].astype(np.float64)).astype(np.float32))


def _quaternions(poses: Float32[np.ndarray, "T 4 4"]) -> Float32[np.ndarray, "T 7"]:
    turn = wxyz_to_xyzw(matrix_to_quat_wxyz(poses[:, :3, :3].astype(np.float64)))
    return np.concatenate([turn, poses[:, :3, 3]], axis=1).astype(np.float32)


def _calibration(clip: ExportClip, serial: str, K: Float32[np.ndarray, "3 3"], size: tuple[int, int]) -> Files:
    intrinsics = {"fx": float(K[0, 0]), "fy": float(K[1, 1]), "ppx": float(K[0, 2]), "ppy": float(K[1, 2])}
    colour = {**intrinsics, "width": size[0], "height": size[1]}
    identity = np.eye(4)[:3].reshape(-1).tolist()
    extrinsics = {"master": serial, "extrinsics": {serial: identity, "apriltag": identity}}
    # The toolkit opens this name whatever the size of the pictures.
    return {
        f"calibration/intrinsics/{serial}_640x480.yml": _yaml({"color": colour}),
        f"calibration/extrinsics_{serial}/extrinsics.yml": _yaml(extrinsics),
        f"calibration/mano_{serial}/mano.yml": _yaml({"betas": clip.labels["betas"][0].astype(float).tolist()}),
    }


def _npz(**arrays: np.ndarray) -> bytes:
    sink = io.BytesIO()
    np.savez_compressed(sink, **arrays)  # type: ignore[arg-type]
    return sink.getvalue()


def _yaml(plain: dict[str, Any]) -> bytes:
    return str(yaml.safe_dump(plain, sort_keys=True)).encode()
