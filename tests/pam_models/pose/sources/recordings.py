"""A grasp that was never recorded, written in the exact layouts of the datasets that the sources read.

Everything here goes the other way than the readers, by formulas of its own: a swapped convention on either side shows.
"""

import json
import pickle
import warnings
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import yaml
from scipy.spatial.transform import Rotation

from pam_models.conditions.camera import Camera, look_at
from pam_models.conditions.maps import render_maps
from pam_models.hand.free_hand import free_hand
from pam_models.hand.mano_file import load_mano
from pam_models.hand.model import PARENTS, HandModel
from pam_models.hand.skinning import HandGeometry, rest_joints, skin

BOX = (
    "".join(f"v {x} {y} {z}\n" for x in (-0.03, 0.03) for y in (-0.02, 0.02) for z in (-0.04, 0.04))
    + "f 1 2 4 3\nf 5 7 8 6\nf 1 5 6 2\nf 3 4 8 7\nf 1 3 7 5\nf 2 6 8 4\n"
)
DEXYCB_NAME = "20200709-subject-01/20200709_141754"
SERIALS = [f"8362120601{n:02d}" for n in range(8)]
K = np.array([[610.0, 0, 312.0], [0, 614.0, 243.0], [0, 0, 1]])


def write_mano(folder: Path) -> Path:
    """MANO_RIGHT.npz and MANO_LEFT.npz in MANO's format, of the project's own hands.

    The left file has the x of its shape directions the wrong way round, as MANO's has.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for side in ("right", "left"):
        hand = free_hand(side)
        flip = np.array([-1.0 if side == "left" else 1.0, 1.0, 1.0])
        np.savez(
            folder / f"MANO_{side.upper()}.npz",
            v_template=hand.v_template,
            shapedirs=hand.shapedirs * flip[:, None],
            posedirs=hand.posedirs,
            J_regressor=hand.joint_regressor,
            weights=hand.weights,
            kintree_table=np.array([[2**32 - 1, *PARENTS[1:]], range(16)], np.uint32),
            f=hand.faces,
            hands_mean=hand.hands_mean,
            hands_components=hand.hands_components,
            tip_vertices=hand.tip_vertices,
        )
    return folder


def mano(folder: Path, side: str = "right", *, fixed: bool = False) -> HandModel:
    """The hand of a file that `write_mano` wrote; unfixed is what the datasets were annotated with."""
    return load_mano(folder, side, left_shapedirs_fixed=fixed)


@dataclass(frozen=True)
class Truth:
    """The grasp in a z-up world whose table is at z = 0: F frames."""

    hand: HandModel
    pose_flat: np.ndarray
    betas: np.ndarray
    transl: np.ndarray
    object_T: np.ndarray
    other_T: np.ndarray

    def geometry(self) -> HandGeometry:
        """Vertices and joints of every frame."""
        return skin(self.hand, self.pose_flat, self.betas, self.transl)


def grasp(hand: HandModel, frames: int = 60) -> Truth:
    """A hand that comes down on a box, and lifts and turns it over the second half."""
    rng = np.random.default_rng(3)
    time = np.linspace(0, 1, frames)
    rise = np.clip(time - 0.5, 0, None) * 0.3
    pose = np.zeros((frames, 48))
    pose[:, 3:] = hand.hands_mean + 0.15 * np.sin(np.outer(time, rng.uniform(1, 4, 45)) + rng.uniform(0, 6, 45))
    turn = Rotation.from_rotvec(np.outer(rise, [0.3, 0.5, 2.0]))
    pose[:, :3] = (turn * Rotation.from_euler("zyx", [0.4, 0.3, -0.2])).as_rotvec()
    wrist = np.array([0.22, 0.16, 0.12]) + np.outer(np.clip(0.5 - time, 0, None), [-0.1, 0, 0.2])
    wrist[:, 2] += rise
    betas = rng.normal(0, 0.8, 10).astype(np.float32)
    object_T = np.tile(np.eye(4), (frames, 1, 1))
    object_T[:, :3, :3] = (turn * Rotation.from_euler("z", 0.7)).as_matrix()
    object_T[:, :3, 3] = np.array([0.3, 0.2, 0.04]) + np.outer(rise, [0, 0, 1])
    other = np.tile(np.eye(4), (frames, 1, 1))
    other[:, :3, :3] = Rotation.from_euler("z", -0.3).as_matrix()
    other[:, :3, 3] = [0.4, 0.32, 0.04]
    transl = wrist - rest_joints(hand, betas)[0]
    return Truth(hand, pose.astype(np.float32), betas, transl.astype(np.float32), object_T, other)


def camera_poses() -> dict[str, np.ndarray]:
    """Camera to table, by serial number: eight cameras around the table."""
    return {
        serial: look_at(
            (0.3 + 0.7 * np.cos(0.8 * n), 0.2 + 0.7 * np.sin(0.8 * n), 0.5), (0.3, 0.2, 0.08), (0, 0, 1)
        ).astype(np.float64)
        for n, serial in enumerate(SERIALS)
    }


def write_dexycb(
    root: Path, truth: Truth, *, name: str = "20200709-subject-01/20200709_141754", absent: int = 5
) -> Path:
    """One recording in DexYCB's layout, eight cameras, labels and depth of the first frame with a hand; the hand is
    absent from the first `absent` frames.
    """
    folder = root / name
    calibration = root / "calibration"
    cameras = camera_poses()
    T_world_table = np.linalg.inv(cameras[SERIALS[0]])
    extrinsics = {serial: (T_world_table @ pose)[:3].ravel().tolist() for serial, pose in cameras.items()}
    extrinsics["apriltag"] = T_world_table[:3].ravel().tolist()
    _write_yaml(
        calibration / "extrinsics_20200702" / "extrinsics.yml", {"master": SERIALS[0], "extrinsics": extrinsics}
    )
    _write_yaml(calibration / "mano_20200709" / "mano.yml", {"betas": truth.betas.tolist()})
    color = {"fx": float(K[0, 0]), "fy": float(K[1, 1]), "ppx": float(K[0, 2]), "ppy": float(K[1, 2])}
    for serial in SERIALS:
        _write_yaml(calibration / "intrinsics" / f"{serial}_640x480.yml", {"color": color, "depth": color})
    for mesh in ("003_cracker_box", "025_mug"):
        file = root / "models" / mesh / "textured_simple.obj"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(BOX)
    _write_yaml(
        folder / "meta.yml",
        {
            "serials": SERIALS,
            "num_frames": len(truth.transl),
            "extrinsics": "20200702",
            "ycb_ids": [14, 2],
            "ycb_grasp_ind": 1,
            "mano_sides": [truth.hand.side],
            "mano_calib": ["20200709"],
        },
    )
    pose_m = _pose_m(truth, T_world_table)
    pose_m[:absent] = 0
    pose_y = np.stack([_pose_y(T_world_table @ truth.other_T), _pose_y(T_world_table @ truth.object_T)], axis=1)
    np.savez(folder / "pose.npz", pose_y=pose_y.astype(np.float32), pose_m=pose_m[:, None].astype(np.float32))
    for serial in SERIALS[:2]:
        _write_labels(folder / serial, truth, cameras[serial], absent)
    return root


def _pose_m(truth: Truth, T_world_table: np.ndarray) -> np.ndarray:
    rest = rest_joints(truth.hand, truth.betas)[0].astype(np.float64)
    turn, shift = Rotation.from_matrix(T_world_table[:3, :3]), T_world_table[:3, 3]
    components = truth.hand.hands_components.astype(np.float64)
    return np.concatenate([
        (turn * Rotation.from_rotvec(truth.pose_flat[:, :3])).as_rotvec(),
        np.linalg.solve(components.T, (truth.pose_flat[:, 3:] - truth.hand.hands_mean).T).T,
        turn.apply(truth.transl + rest) + shift - rest,
    ], axis=1)  # fmt: skip


def _pose_y(poses: np.ndarray) -> np.ndarray:
    return np.concatenate([Rotation.from_matrix(poses[:, :3, :3]).as_quat(), poses[:, :3, 3]], axis=1)


def _write_labels(folder: Path, truth: Truth, T_table_cam: np.ndarray, frame: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    camera = Camera(K.astype(np.float32), T_table_cam.astype(np.float32), 640, 480)
    geometry = truth.geometry()
    corners = np.array([line.split()[1:] for line in BOX.splitlines() if line.startswith("v")], float)
    maps = render_maps(
        geometry.vertices[[frame]], truth.hand.faces, geometry.joints[[frame]], corners, np.zeros((0, 3), np.int32),
        truth.object_T[[frame]], 2, camera,
    )  # fmt: skip
    np.savez(
        folder / f"labels_{frame:06d}.npz",
        seg=maps.labels[0],
        pose_y=np.zeros((2, 3, 4), np.float32),
        pose_m=np.zeros((1, 51), np.float32),
        joint_3d=maps.joints_cam_m,
        joint_2d=maps.joints_px,
    )
    depth_mm = np.rint(maps.depth_m[0] * 1000).astype(np.uint16)
    cv2.imwrite(str(folder / f"aligned_depth_to_color_{frame:06d}.png"), depth_mm)


def _write_yaml(file: Path, content: object) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(content))


OAKINK2_NAME = "scene_01__A001++seq__2023-04-27-19-17-17"
TRACKS = ("pose_coeffs", "tsl", "betas")
OAKINK2_CAMERAS = ("allocentric_top", "allocentric_left", "allocentric_right", "egocentric")


def oakink2_camera(camera: str, frames: int) -> np.ndarray:
    """Camera to world of every picture (F, 4, 4); the egocentric one moves."""
    place = {
        "allocentric_top": (0.31, 0.1, 0.9),
        "allocentric_left": (-0.3, 0.1, 0.5),
        "allocentric_right": (0.9, 0.3, 0.5),
        "egocentric": (0.3, -0.4, 0.6),
    }[camera]
    sway = np.linspace(0, 0.15, frames) if camera == "egocentric" else np.zeros(frames)
    return np.stack([look_at(np.add(place, [s, 0, s / 2]), (0.3, 0.2, 0.08), (0, 0, 1)) for s in sway]).astype(float)


def write_oakink2(root: Path, right: Truth, left: Truth, *, T_file_world: np.ndarray | None = None) -> Path:
    """One recording in OakInk2's layout: torch tensors in a pickle, pictures at every fourth frame of 120 Hz, from
    frame 1000 on, both hands, two objects, four cameras of which one moves. `T_file_world` turns the world.
    """
    turned = np.eye(4) if T_file_world is None else T_file_world
    frames = len(right.transl)
    ids = [1000 + 4 * place for place in range(frames)]
    extrinsics = {name: turned @ oakink2_camera(name, frames) for name in OAKINK2_CAMERAS}
    hands = {"rh": _oakink2_hand(right, turned), "lh": _oakink2_hand(left, turned)}
    content = {
        "cam_def": {str(place): name for place, name in enumerate(OAKINK2_CAMERAS)},
        "cam_selection": list(OAKINK2_CAMERAS),
        "frame_id_list": ids,
        "cam_intr": {name: {i: K.copy() for i in ids} for name in OAKINK2_CAMERAS},
        "cam_extr": {
            name: {i: np.linalg.inv(poses[place]) for place, i in enumerate(ids)} for name, poses in extrinsics.items()
        },
        "mocap_frame_id_list": list(range(1000, 1000 + 4 * frames)),
        "obj_list": ["O02@0001@00001", "O02@0002@00001"],
        "obj_transf": {
            "O02@0001@00001": {i: turned @ right.other_T[place] for place, i in enumerate(ids)},
            "O02@0002@00001": {i: turned @ right.object_T[place] for place, i in enumerate(ids)},
        },
        "raw_smplx": {},
        "raw_mano": {
            i: {
                f"{hand}__{what}": torch.tensor(track[what][[place]]) for hand, track in hands.items() for what in track
            }
            for place, i in enumerate(ids)
        },
    }
    file = root / "anno_preview" / f"{OAKINK2_NAME}.pkl"
    file.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.write_bytes(pickle.dumps(content))
    for name in content["obj_list"]:
        mesh = root / "object_repair" / "align_ds" / name / "model.obj"
        mesh.parent.mkdir(parents=True, exist_ok=True)
        mesh.write_text(BOX)
    described = {name: {"obj_id": name, "obj_name": "big Box"} for name in content["obj_list"]}
    (root / "object_repair" / "obj_desc.json").write_text(json.dumps(described))
    return root


def _oakink2_hand(truth: Truth, T_file_world: np.ndarray) -> dict[str, np.ndarray]:
    rest = rest_joints(truth.hand, truth.betas)[0].astype(np.float64)
    turn = Rotation.from_matrix(T_file_world[:3, :3])
    quaternions = Rotation.from_rotvec(truth.pose_flat.reshape(-1, 3).astype(np.float64)).as_quat(scalar_first=True)
    quaternions = quaternions.reshape(-1, 16, 4)
    first = turn * Rotation.from_quat(quaternions[:, 0], scalar_first=True)
    quaternions[:, 0] = first.as_quat(scalar_first=True)
    return {
        "pose_coeffs": quaternions.astype(np.float32),
        "tsl": (turn.apply(truth.transl + rest) + T_file_world[:3, 3]).astype(np.float32),
        "betas": np.tile(truth.betas, (len(quaternions), 1)).astype(np.float32),
    }
