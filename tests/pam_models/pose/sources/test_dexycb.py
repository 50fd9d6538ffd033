"""DexYCB's conventions, each against a recording made here in its exact layout."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from pam_models.conditions.camera import Camera
from pam_models.hand.skinning import skin
from pam_models.pose.source import BadInput, PoseRequest
from pam_models.pose.sources.dexycb import DexycbSource
from pam_models.pose.trajectory import Trajectory
from tests.pam_models.pose.sources.recordings import (
    SERIALS,
    K,
    Truth,
    camera_poses,
    grasp,
    mano,
    write_dexycb,
    write_mano,
)

NAME = "20200709-subject-01/20200709_141754"
ABSENT = 5


@pytest.fixture(scope="module")
def mano_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mano(tmp_path_factory.mktemp("mano"))


@pytest.fixture(scope="module", params=["right", "left"])
def recording(request: pytest.FixtureRequest, mano_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    truth = grasp(mano(mano_folder, request.param))
    return write_dexycb(tmp_path_factory.mktemp("dexycb"), truth, absent=ABSENT), truth


def read(root: Path, truth: Truth, serial: str = SERIALS[1], frames: int = 49) -> Trajectory:
    source = DexycbSource(root)
    request = next(one for one in source.requests(None, 0) if one.key == f"{NAME}/{serial}")
    assert request.side == truth.hand.side
    return source.trajectory(request, truth.hand, frames, 144, 96)


def test_hand_and_objects_come_back_in_the_tables_frame(recording: tuple[Path, Truth]) -> None:
    """Catches PCA coefficients taken for angles, a mean that is not added, betas of another calibration, R t + T
    without J0, quaternions with the real part first, a tag transform the wrong way round, and fps that drop frames.
    """
    root, truth = recording
    made = read(root, truth)
    rows = np.arange(ABSENT, ABSENT + 49)
    assert made.source_frames == tuple(rows.astype(float)) and (made.source_fps, made.fps) == (30.0, 15.0)
    found = skin(truth.hand, made.pose_flat, made.betas, made.transl)
    np.testing.assert_allclose(found.vertices, truth.geometry().vertices[rows], atol=2e-5)
    np.testing.assert_allclose(made.pose_flat[:, 3:], truth.pose_flat[rows, 3:], atol=1e-5)
    np.testing.assert_allclose(made.wrist_m, truth.geometry().joints[rows, 0], atol=2e-5)
    np.testing.assert_allclose(made.object_T_world, truth.object_T[rows], atol=1e-5)
    np.testing.assert_allclose(made.others[0].T_world, truth.other_T[rows], atol=1e-5)
    assert (made.obj.name, made.obj.class_id, made.obj.word) == ("003_cracker_box", 2, "box")
    assert (made.others[0].mesh.name, made.others[0].mesh.class_id) == ("025_mug", 14)
    assert not made.left_shapedirs_fixed and not made.pose_is_approximate and made.table_height_m == 0.0
    assert made.quality.lift_height_m == pytest.approx(truth.object_T[53, 2, 3] - 0.04, abs=1e-4)


@pytest.mark.parametrize("serial", SERIALS)
def test_every_camera_sees_what_it_saw(recording: tuple[Path, Truth], serial: str) -> None:
    """Catches extrinsics read as world to camera, cameras exchanged, and K that is not scaled with the picture."""
    root, truth = recording
    made = read(root, truth, serial)
    exact = Camera(K.astype(np.float32), camera_poses()[serial].astype(np.float32), 640, 480)
    wanted = (exact.project(truth.geometry().joints[ABSENT : ABSENT + 49]) + 0.5) * [144 / 640, 96 / 480] - 0.5
    found = made.camera.project(skin(truth.hand, made.pose_flat, made.betas, made.transl).joints)
    np.testing.assert_allclose(found, wanted, atol=0.02)


def test_the_left_hand_is_the_one_it_was_annotated_with(mano_folder: Path, tmp_path: Path) -> None:
    """Catches mended shape directions on DexYCB's left hands: joints then differ from the dataset's own labels."""
    truth = grasp(mano(mano_folder, "left"))
    root = write_dexycb(tmp_path, truth)
    mended = replace(truth, hand=mano(mano_folder, "left", fixed=True))
    with pytest.raises(BadInput, match=r"joint_3d is \d+ mm from pose\.npz"):
        read(root, mended)


def test_short_recordings_are_spread_and_long_ones_strided(mano_folder: Path, tmp_path: Path) -> None:
    """Catches a clip that is shorter than asked for, and the published rule of every (N // 49)-th frame."""
    truth = grasp(mano(mano_folder), frames=120)
    root = write_dexycb(tmp_path, truth, absent=0)
    assert read(root, truth).source_frames[:3] == (0.0, 2.0, 4.0)
    assert read(root, truth, frames=13).source_frames[-1] == 12 * 9.0
    short = write_dexycb(tmp_path / "short", grasp(truth.hand, frames=30), absent=10)
    made = read(short, truth)
    assert (made.source_frames[0], made.source_frames[-1], len(made.transl)) == (10.0, 29.0, 49)
    assert made.fps == 15.0


def test_an_object_without_a_pose_in_some_frame_is_left_out_and_named(mano_folder: Path, tmp_path: Path) -> None:
    """Catches the marker of a missing object being drawn as an object inside the master camera."""
    truth = grasp(mano(mano_folder))
    root = write_dexycb(tmp_path, truth)
    change_npz(root / NAME / "pose.npz", "pose_y", (slice(20, 22), 0), [0, 0, 0, 1, 0, 0, 0])
    made = read(root, truth)
    assert made.others == () and any("1 objects without a pose" in note for note in made.notes)


def change_npz(file: Path, key: str, where: Any, value: Any) -> None:
    with np.load(file) as stored:
        data = {name: stored[name] for name in stored.files}
    data[key][where] = value
    np.savez(file, **data)


def change_yaml(file: Path, **changes: Any) -> None:
    data = yaml.safe_load(file.read_text())
    data.update(changes)
    file.write_text(yaml.safe_dump({key: value for key, value in data.items() if value is not None}))


BAD: list[tuple[str, Any, str]] = [
    ("meta.yml", {"ycb_ids": [2, 22]}, "ids are 1..21"),
    ("meta.yml", {"ycb_grasp_ind": 2}, "index is into them"),
    ("meta.yml", {"mano_sides": ["both"]}, "'right' and 'left'"),
    ("meta.yml", {"num_frames": 59}, r"pose_y is float32 \(60, 2, 7\); it must be numbers of shape \(59, 2, 7\)"),
    ("meta.yml", {"serials": None}, "has no 'serials'"),
    ("pose.npz", ("pose_m", (10, 0, 3), np.nan), "pose_m has values that are not finite"),
    ("pose.npz", ("pose_m", slice(None), 0), "no frame has both the hand and the grasped object"),
    ("pose.npz", ("pose_y", (10, 1), 0), "not of length 1"),
    ("pose.npz", ("pose_m", (slice(None), 0, slice(48, 51)), 9.0), "mm from pose.npz"),
]


@pytest.mark.parametrize(("file", "change", "line"), BAD, ids=[line for _, _, line in BAD])
def test_bad_files_are_one_line_with_their_name(
    mano_folder: Path, tmp_path: Path, file: str, change: Any, line: str
) -> None:
    """Catches a crash or a guess on wrong keys, shapes, NaN, missing hands and wrong units."""
    truth = grasp(mano(mano_folder))
    root = write_dexycb(tmp_path, truth)
    if file.endswith("npz"):
        change_npz(root / NAME / file, *change)
    else:
        change_yaml(root / NAME / file, **change)
    with pytest.raises(BadInput, match=line) as caught:
        DexycbSource(root).trajectory(PoseRequest(f"{NAME}/{SERIALS[1]}", 0), truth.hand, 49, 144, 96)
    assert NAME in str(caught.value) and "\n" not in str(caught.value)


def test_calibrations_that_cannot_be(mano_folder: Path, tmp_path: Path) -> None:
    """Catches extrinsics without the table, the wrong way round, of 3 numbers, and a camera that sees nothing."""
    truth = grasp(mano(mano_folder))
    root = write_dexycb(tmp_path, truth)
    file = root / "calibration" / "extrinsics_20200702" / "extrinsics.yml"
    good = yaml.safe_load(file.read_text())["extrinsics"]
    tag = np.eye(4)
    tag[:3] = np.reshape(good["apriltag"], (3, 4))
    turned = np.eye(4)
    turned[:3] = np.reshape(good[SERIALS[5]], (3, 4))
    turned[:3, 2] *= -1
    turned[:3, 0] *= -1
    upside_down = tag @ np.diag([1.0, -1, -1, 1])
    for changes, line in (
        ({"apriltag": None}, "no 'apriltag'"),
        ({"apriltag": upside_down[:3].ravel().tolist()}, "below the table"),
        ({SERIALS[5]: [1, 2, 3]}, "must be 12 numbers"),
        ({SERIALS[5]: [2.0, *good[SERIALS[5]][1:]]}, "no rotation"),
        ({SERIALS[5]: turned[:3].ravel().tolist()}, "sees no joint of the hand in any of the 49 frames"),
    ):
        changed = {key: value for key, value in {**good, **changes}.items() if value is not None}
        file.write_text(yaml.safe_dump({"master": SERIALS[0], "extrinsics": changed}))
        with pytest.raises(BadInput, match=line) as caught:
            read(root, truth, SERIALS[5])
        assert "\n" not in str(caught.value)


def test_other_hands_and_keys_are_refused(recording: tuple[Path, Truth], mano_folder: Path) -> None:
    """Catches MANO's coefficients on another hand, the other side's hand, and keys that lead out of the folder."""
    from pam_models.hand.free_hand import free_hand

    root, truth = recording
    with pytest.raises(BadInput, match=r"pass hand\.mano_dir"):
        read(root, replace(truth, hand=free_hand(truth.hand.side)))
    other = mano(mano_folder, "left" if truth.hand.side == "right" else "right")
    key = f"{NAME}/{SERIALS[0]}"
    with pytest.raises(BadInput, match=f"recorded with a {truth.hand.side} hand"):
        DexycbSource(root).trajectory(PoseRequest(key, 0), other, 49, 144, 96)
    for bad in ("../../etc/passwd", f"{NAME}/123", "a/b/c/d"):
        with pytest.raises(BadInput, match=r"no recording|no camera"):
            DexycbSource(root).trajectory(PoseRequest(bad, 0), truth.hand, 49, 144, 96)
