"""OakInk2's conventions, each against a recording made here in its exact layout."""

import pickle
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pam_models.conditions.camera import Camera
from pam_models.hand.free_hand import free_hand
from pam_models.hand.model import HandModel
from pam_models.hand.skinning import skin
from pam_models.pose.source import BadInput, PoseRequest
from pam_models.pose.sources.oakink2 import Oakink2Source
from pam_models.pose.trajectory import Trajectory
from tests.pam_models.pose.sources.recordings import (
    OAKINK2_CAMERAS,
    OAKINK2_NAME,
    K,
    Truth,
    grasp,
    mano,
    oakink2_camera,
    write_mano,
    write_oakink2,
)

FRAMES = 49
Recording = tuple[Path, Truth, Truth]


def other_hand(hand: HandModel) -> Truth:
    truth = grasp(hand)
    return replace(truth, transl=truth.transl + np.float32([0.15, 0.1, 0.05]), betas=-truth.betas)


@pytest.fixture(scope="module")
def mano_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mano(tmp_path_factory.mktemp("mano"))


@pytest.fixture(scope="module")
def recording(mano_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    right, left = grasp(mano(mano_folder)), other_hand(mano(mano_folder, "left"))
    return write_oakink2(tmp_path_factory.mktemp("oakink2"), right, left), right, left


def read(recording: Recording, camera: str = "egocentric", **choices: Any) -> Trajectory:
    root, right, left = recording
    hands = {"right": right.hand, "left": left.hand}
    source = Oakink2Source(root, hands.__getitem__, **choices)
    request = next(one for one in source.requests(None, 0) if one.key == f"{OAKINK2_NAME}/{camera}/0")
    return source.trajectory(request, hands[request.side], FRAMES, 144, 96)


def rows_of(made: Trajectory) -> np.ndarray:
    return ((np.array(made.source_frames) - 1000) / 4).astype(int)


def test_both_hands_come_back(recording: Recording) -> None:
    """Catches quaternions with the real part last, a mean added to absolute poses, and tsl taken for the translation
    instead of the wrist.
    """
    _, right, left = recording
    made = read(recording)
    rows = rows_of(made)
    assert made.side == "right" and made.second is not None and made.second.hand.side == "left"
    for truth, pose, betas, transl, wrist in (
        (right, made.pose_flat, made.betas, made.transl, made.wrist_m),
        (left, made.second.pose_flat, made.second.betas, made.second.transl, made.second.wrist_m),
    ):
        expected = truth.geometry()
        np.testing.assert_allclose(skin(truth.hand, pose, betas, transl).vertices, expected.vertices[rows], atol=2e-5)
        np.testing.assert_allclose(wrist, expected.joints[rows, 0], atol=2e-5)
    assert not made.left_shapedirs_fixed and not made.pose_is_approximate


def test_frames_are_consecutive_pictures_on_the_motion_captures_clock(recording: Recording) -> None:
    """Catches ids of 120 Hz taken for 30 Hz pictures, and a clip that is not in the middle of its part."""
    made = read(recording)
    assert made.source_fps == 120.0 and np.all(np.diff(made.source_frames) == 4.0)
    assert rows_of(made)[0] == 6 and made.fps == 15.0
    assert any("0.5 times its speed" in note for note in made.notes)


@pytest.mark.parametrize("camera", OAKINK2_CAMERAS)
def test_every_camera_sees_what_it_saw_in_every_frame(recording: Recording, camera: str) -> None:
    """Catches extrinsics read as camera to world, one frame's pose used for all, and another picture size than the
    recording's.
    """
    _, right, _ = recording
    made = read(recording, camera)
    rows = rows_of(made)
    joints = right.geometry().joints[rows]
    exact = Camera(K.astype(np.float32), oakink2_camera(camera, 60)[rows].astype(np.float32), 848, 480)
    wanted = (exact.project(joints) + 0.5) * [144 / 848, 96 / 480] - 0.5
    np.testing.assert_allclose(made.camera.project(joints), wanted, atol=0.02)
    assert made.camera.moves == (camera == "egocentric")


def test_the_object_that_moves_is_the_one_and_the_others_stay(recording: Recording) -> None:
    """Catches the first object of the list taken for the grasped one, poses of objects inverted, equal colours."""
    _, right, _ = recording
    made = read(recording)
    rows = rows_of(made)
    assert made.obj.name == "O02@0002@00001" and made.obj.word == "box"
    np.testing.assert_allclose(made.object_T_world, right.object_T[rows], atol=1e-5)
    np.testing.assert_allclose(made.others[0].T_world, right.other_T[rows], atol=1e-5)
    assert made.others[0].mesh.class_id != made.obj.class_id
    assert made.table_height_m == pytest.approx(0.0, abs=1e-5)


def test_a_world_with_y_up_is_turned_and_a_wrong_axis_is_told(mano_folder: Path, tmp_path: Path) -> None:
    """Catches gravity along a horizontal axis: lift and table would be wrong without a word."""
    right, left = grasp(mano(mano_folder)), other_hand(mano(mano_folder, "left"))
    y_up = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    recording = write_oakink2(tmp_path, right, left, T_file_world=y_up), right, left
    made = read(recording, up_axis="y")
    rows = rows_of(made)
    np.testing.assert_allclose(made.object_T_world, right.object_T[rows], atol=1e-5)
    found = skin(right.hand, made.pose_flat, made.betas, made.transl)
    np.testing.assert_allclose(found.vertices, right.geometry().vertices[rows], atol=2e-5)
    with pytest.raises(BadInput, match=r"z does not point up.*pass pose\.up_axis"):
        read(recording)


def test_the_left_hand_can_be_the_first(recording: Recording) -> None:
    """Catches labels of the right hand under the name of the left."""
    _, _, left = recording
    made = read(recording, side="left")
    assert made.side == "left" and made.second is not None and made.second.hand.side == "right"
    np.testing.assert_allclose(made.wrist_m, left.geometry().joints[rows_of(made), 0], atol=2e-5)


def test_requests_name_recordings_cameras_and_clips(recording: Recording) -> None:
    """Catches clips that start at the same frame, and a listing that opens every pickle."""
    root, right, left = recording
    hands = {"right": right.hand, "left": left.hand}
    source = Oakink2Source(root, hands.__getitem__, clips_per_recording=2)
    requests = source.requests(None, 0)
    assert len({one.key for one in requests}) == 8 and source.requests(3, 0) == requests[:3]
    found = [
        source.trajectory(PoseRequest(f"{OAKINK2_NAME}/egocentric/{clip}", 0), right.hand, 9, 144, 96).source_frames[0]
        for clip in range(2)
    ]
    assert found == [1000 + 4 * 11, 1000 + 4 * 41]
    with pytest.raises(BadInput, match=r"anno_preview/<recording>\.pkl"):
        Oakink2Source(root / "none", hands.__getitem__).requests(None, 0)


def change(root: Path, edit: Callable[[dict[str, Any]], object]) -> None:
    file = root / "anno_preview" / f"{OAKINK2_NAME}.pkl"
    content = pickle.loads(file.read_bytes())
    edit(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        file.write_bytes(pickle.dumps(content))


class _Runs:
    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return exec, ("raise SystemExit('ran')",)


BAD: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("'raw_mano' must be a dict", lambda c: c.pop("raw_mano")),
    ("asks for builtins.exec", lambda c: c.update(raw_mano=_Runs())),
    ("frame_id_list must hold frame numbers", lambda c: c.update(frame_id_list=[])),
    ("has no camera 'egocentric'", lambda c: c["cam_extr"].pop("egocentric")),
    ("no picture of egocentric has both", lambda c: c["raw_mano"].clear()),
    (r"rh__tsl is float32 \(1, 4\)", lambda c: c["raw_mano"][1100].update(rh__tsl=torch.zeros(1, 4))),
    ("rh__tsl has values that are not finite", lambda c: c["raw_mano"][1100]["rh__tsl"].fill_(float("nan"))),
    ("not of length 1", lambda c: c["raw_mano"][1100]["rh__pose_coeffs"].fill_(0.0)),
    ("rh__betas changes", lambda c: c["raw_mano"][1100]["rh__betas"].add_(1.0)),
    ("no rigid transforms", lambda c: c["cam_extr"]["egocentric"].update({1100: np.zeros((4, 4))})),
    ("changes from frame to frame; a clip has one K", lambda c: c["cam_intr"]["egocentric"].update({1100: 2 * K})),
    ("no object has a pose in every frame", lambda c: [poses.pop(1100) for poses in c["obj_transf"].values()]),
    ("not evenly spaced", lambda c: c["frame_id_list"].remove(1100)),
    ("sees no joint of the hand", lambda c: [pose.__imul__(np.array([[-1], [1], [-1], [1]]))
                                             for pose in c["cam_extr"]["egocentric"].values()]),
]  # fmt: skip


@pytest.mark.parametrize(("line", "edit"), BAD, ids=[line for line, _ in BAD])
def test_bad_files_are_one_line_with_their_name(
    mano_folder: Path, tmp_path: Path, line: str, edit: Callable[[dict[str, Any]], object]
) -> None:
    """Catches a crash, a guess or code that runs, on whatever is wrong with an annotation."""
    right, left = grasp(mano(mano_folder)), other_hand(mano(mano_folder, "left"))
    root = write_oakink2(tmp_path, right, left)
    change(root, edit)
    with pytest.raises(BadInput, match=line) as caught:
        read((root, right, left))
    assert OAKINK2_NAME in str(caught.value) and "\n" not in str(caught.value)


def test_a_hand_that_is_not_there_is_left_out_and_named(mano_folder: Path, tmp_path: Path) -> None:
    """Catches a second hand made up where it has no pose."""
    right, left = grasp(mano(mano_folder)), other_hand(mano(mano_folder, "left"))
    root = write_oakink2(tmp_path, right, left)
    change(root, lambda content: content["raw_mano"][1100].pop("lh__tsl"))
    made = read((root, right, left))
    assert made.second is None and any("left hand has no pose" in note for note in made.notes)


def test_free_hands_and_missing_meshes_are_refused(recording: Recording) -> None:
    """Catches MANO's absolute poses shown on another skeleton as if they were exact."""
    root, right, left = recording
    request = PoseRequest(f"{OAKINK2_NAME}/egocentric/0", 0)
    with pytest.raises(BadInput, match=r"pass hand\.mano_dir"):
        Oakink2Source(root, free_hand).trajectory(request, free_hand("right"), FRAMES, 144, 96)
    for key in ("../x/egocentric/0", f"{OAKINK2_NAME}/egocentric", "none/egocentric/0"):
        with pytest.raises(BadInput, match=r"no clip|cannot be read"):
            Oakink2Source(root, lambda _: left.hand).trajectory(PoseRequest(key, 0), right.hand, FRAMES, 144, 96)
