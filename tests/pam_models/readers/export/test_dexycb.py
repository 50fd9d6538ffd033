"""DexYCB's tree, read back from what formats.md section 6.1 says of each file."""

from pathlib import Path

import cv2
import numpy as np
import yaml
from scipy.spatial.transform import Rotation

from pam_models.hand.mano_file import load_mano
from pam_models.hand.skinning import skin
from pam_models.readers.selection import Selection
from tests.pam_models.readers.export.conftest import Export
from tests.pam_models.readers.small_build import SmallBuild


def sequence_of(folder: Path, clip: str) -> tuple[Path, dict[str, object]]:
    sequence = next(folder.glob(f"pam-*/{clip}"))
    return sequence, yaml.safe_load((sequence / "meta.yml").read_text())


def test_labels_of_a_mano_hand(mano_build: SmallBuild, export: Export) -> None:
    """Catches flat poses where coefficients belong, world axes, other fingertips, and K of another size."""
    folder, _ = export("dexycb", mano_build, selection=Selection(clips=("clip0",)))
    sequence, meta = sequence_of(folder, "clip0")
    serial = meta["serials"][0]  # type: ignore[index]
    colour = yaml.safe_load((folder / f"calibration/intrinsics/{serial}_640x480.yml").read_text())["color"]
    K = np.array([[colour["fx"], 0, colour["ppx"]], [0, colour["fy"], colour["ppy"]], [0, 0, 1]])
    betas = yaml.safe_load((folder / f"calibration/mano_{meta['mano_calib'][0]}/mano.yml").read_text())["betas"]  # type: ignore[index]
    assert mano_build.mano_dir is not None
    hand = load_mano(mano_build.mano_dir, "right", tip_set="manopth")
    assert (meta["num_frames"], meta["mano_sides"], meta["ycb_ids"]) == (13, ["right"], [3])
    rows = [row for row in mano_build.rows if row["clip_id"] == "clip0"]
    for frame in (0, 7, 12):
        with np.load(sequence / str(serial) / f"labels_{frame:06d}.npz") as labels:
            pose_m, joints, joints_px, seg, pose_y = (
                labels[n] for n in ("pose_m", "joint_3d", "joint_2d", "seg", "pose_y")
            )
        flat = pose_m[0, 3:48] @ hand.hands_components + hand.hands_mean
        pose = np.concatenate([pose_m[:, :3], flat[None]], axis=1).astype(np.float32)
        posed = skin(hand, pose, np.array(betas, np.float32), pose_m[:, 48:])
        np.testing.assert_allclose(posed.joints, joints, atol=1e-5)
        projected = joints[0] @ K.T
        np.testing.assert_allclose(projected[:, :2] / projected[:, 2:], joints_px[0], atol=0.01)
        np.testing.assert_allclose(joints[0, [0, 1, 5, 9]], rows[frame]["xyz"][[0, 1, 5, 9]], atol=1e-5)
        picture = cv2.imread(str(sequence / str(serial) / f"color_{frame:06d}.jpg"))
        assert picture.shape == (480, 640, 3) and seg.shape == (480, 640)
        assert set(np.unique(seg)) <= {0, 3, 255} and (seg == 255).sum() > 100
        depth_mm = cv2.imread(str(next(sequence.glob(f"*/aligned_depth*{frame:06d}.png"))), cv2.IMREAD_UNCHANGED)
        assert depth_mm.dtype == np.uint16
        at = seg == 255
        assert abs(np.median(depth_mm[at]) / 1000 - joints[0, :, 2].mean()) < 0.05
        T_cam_object = np.linalg.inv(rows[frame]["T_world_cam"]) @ rows[frame]["object_pose"]
        np.testing.assert_allclose(pose_y[0], T_cam_object[:3], atol=1e-5)


def test_poses_over_time(build: SmallBuild, export: Export) -> None:
    """Catches quaternions with w first, and a master camera whose world is another one."""
    folder, _ = export("dexycb", build, selection=Selection(clips=("clip3",)), resize=False)
    sequence, meta = sequence_of(folder, "clip3")
    with np.load(sequence / "pose.npz") as poses:
        pose_y, pose_m = poses["pose_y"], poses["pose_m"]
    assert pose_y.shape == (9, 1, 7) and pose_m.shape == (9, 1, 51)
    row = next(row for row in build.rows if (row["clip_id"], row["frame"]) == ("clip3", 8))
    T_cam_object = np.linalg.inv(row["T_world_cam"]) @ row["object_pose"]
    np.testing.assert_allclose(Rotation.from_quat(pose_y[8, 0, :4]).as_matrix(), T_cam_object[:3, :3], atol=1e-5)
    np.testing.assert_allclose(pose_y[8, 0, 4:], T_cam_object[:3, 3], atol=1e-5)
    serial = meta["serials"][0]  # type: ignore[index]
    extrinsics = yaml.safe_load((folder / f"calibration/extrinsics_{serial}/extrinsics.yml").read_text())
    assert extrinsics["master"] == serial
    np.testing.assert_array_equal(np.reshape(extrinsics["extrinsics"][serial], (3, 4)), np.eye(4)[:3])
    assert (folder / "models/cube-3/textured_simple.obj").read_text().count("\nf ") == 8
