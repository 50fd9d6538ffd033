"""GraspXL recordings: real ones where they are, and bad ones made here."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from pam_models.hand.free_hand import free_hand
from pam_models.hand.skinning import skin
from pam_models.pose.source import BadInput
from pam_models.pose.sources.graspxl import RECORDED_WRIST_OFFSET_M, GraspxlSource, frame_window, read_recording
from pam_models.pose.trajectory import Trajectory

CUBE = (
    "".join(f"v {x} {y} {z}\n" for x in (-0.03, 0.03) for y in (-0.03, 0.03) for z in (-0.03, 0.03))
    + "f 1 2 4 3\nf 5 7 8 6\nf 1 5 6 2\nf 3 4 8 7\nf 1 3 7 5\nf 2 6 8 4\n"
)


def recording(frames: int = 155) -> dict[str, Any]:
    t = np.linspace(0, 1, frames, dtype=np.float32)[:, None]
    still = np.zeros((frames, 3), np.float32)
    trans = np.concatenate([1 + 0 * t, 0 * t, 0.6 + 0.2 * t], 1)
    return {
        "right_hand": {
            "trans": trans,
            "rot": still + np.float32([0, 0, 0.3]),
            "pose": np.zeros((frames, 45), np.float32),
        },
        "abc123": {
            "trans": trans + np.float32([0, 0, -0.05]),
            "rot": still,
            "angle": np.zeros((frames, 1), np.float32),
        },
    }


def stored(root: Path, data: Any, mesh: str | None = CUBE) -> GraspxlSource:
    file = root / "mano_dataset_1" / "large" / "abc123" / "mano_1.npy"
    file.parent.mkdir(parents=True)
    np.save(file, np.array(data, dtype=object), allow_pickle=True)
    if mesh is not None:
        obj = root / "object_dataset" / "large" / "abc123" / "abc123.obj"
        obj.parent.mkdir(parents=True)
        obj.write_text(mesh)
    return GraspxlSource(root)


def read(source: GraspxlSource) -> Trajectory:
    return source.trajectory(source.requests(None, 0)[0], free_hand("right"), 49, 144, 96)


def test_window_is_every_third_frame_of_the_end() -> None:
    """Catches another frame rate than 100 Hz / 3 and a window that misses the lift."""
    for count, first, last, stride in ((155, 8.0, 152.0, 3.0), (180, 33.0, 177.0, 3.0), (97, 0.0, 96.0, 2.0)):
        window = frame_window(count, 49)
        assert (window.at[0], window.at[-1], window.stride) == (first, last, stride)
        assert window.motion_fps == pytest.approx(100.0 / stride)
    assert frame_window(1, 49).at.max() == 0.0


def test_wrist_is_transl_plus_mano_j0(tmp_path: Path) -> None:
    """Catches transl being taken for the wrist, and the wrist moving when another hand shows the recording."""
    made = read(stored(tmp_path, recording()))
    at = frame_window(155, 49).at
    wanted = recording()["right_hand"]["trans"][at.astype(int)] + RECORDED_WRIST_OFFSET_M
    np.testing.assert_allclose(made.wrist_m, wanted, atol=1e-5)
    joints = skin(free_hand("right"), made.pose_flat, made.betas, made.transl).joints
    np.testing.assert_allclose(joints[:, 0], wanted, atol=1e-4)
    assert made.pose_is_approximate
    assert any("approximate" in note for note in made.notes)
    assert (made.fps, made.source_fps, made.source_frames[:2]) == (15.0, 100.0, (8.0, 11.0))


def test_pose_is_mean_relative(tmp_path: Path) -> None:
    """Catches flat and mean-relative poses being confused: a zero recording is the mean hand."""
    made = read(stored(tmp_path, recording()))
    np.testing.assert_allclose(made.pose_flat[:, 3:], np.tile(free_hand("right").hands_mean, (49, 1)), atol=1e-5)


def test_rest_axes_are_carried_over(tmp_path: Path) -> None:
    """Catches MANO's axes (fingers -x, palm -y) being taken for the free hand's (fingers +x, palm -z)."""
    made = read(stored(tmp_path, recording()))
    joints = skin(free_hand("right"), made.pose_flat, made.betas, made.transl).joints[0]
    turn = Rotation.from_rotvec([0, 0, 0.3])
    knuckle = joints[9] - joints[0]
    assert knuckle @ turn.apply([-1.0, 0, 0]) > 0.95 * np.linalg.norm(knuckle)
    assert (joints[4] - joints[20]) @ turn.apply([0, 0, 1.0]) > 0


def without(data: dict[str, Any], who: str, what: str) -> dict[str, Any]:
    del data[who][what]
    return data


def changed(who: str, what: str, value: Any) -> dict[str, Any]:
    data = recording()
    data[who][what] = value
    return data


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ({"right_hand": recording()["right_hand"]}, "one object id"),
        ({**recording(), "other": recording()["abc123"]}, "one object id"),
        ({"left": {}, "abc123": {}}, "'right_hand'"),
        (without(recording(), "right_hand", "trans"), "no 'trans'"),
        (changed("right_hand", "pose", np.zeros((155, 22), np.float32)), "a robot hand"),
        (changed("right_hand", "pose", np.zeros((155, 7), np.float32)), "another hand"),
        (changed("abc123", "trans", np.zeros((154, 3), np.float32)), r"must be \(155, 3\)"),
        (changed("right_hand", "rot", np.full((155, 3), np.nan, np.float32)), "not finite"),
        (recording(0), "no frames"),
        (changed("abc123", "trans", recording()["abc123"]["trans"] * 1e4), "is the recording in metres"),
        ({"right_hand": recording()["right_hand"], "../up": recording()["abc123"]}, "letters, digits"),
    ],
)
def test_bad_recordings_name_file_and_remedy(tmp_path: Path, data: Any, reason: str) -> None:
    """Catches a crash or a silent guess on wrong keys, shapes, NaN, zero frames, robot hands."""
    with pytest.raises(BadInput, match=reason) as caught:
        read(stored(tmp_path, data))
    assert "mano_1.npy" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_mesh_empty_folder_left_hand_and_escapes(tmp_path: Path) -> None:
    """Catches errors that are not one clear line, and keys that lead out of the folder."""
    with pytest.raises(BadInput, match="no recordings"):
        GraspxlSource(tmp_path).requests(None, 0)
    source = stored(tmp_path, recording(), mesh=None)
    with pytest.raises(BadInput, match=r"abc123\.obj"):
        read(source)
    request = source.requests(1, 0)[0]
    with pytest.raises(BadInput, match="right hands"):
        source.trajectory(request, free_hand("left"), 49, 144, 96)
    with pytest.raises(BadInput, match="leads out"):
        source.trajectory(type(request)("../../secret", 0), free_hand("right"), 49, 144, 96)


def test_real_recordings_are_all_read(shared_data: Path) -> None:
    """Catches any convention that breaks on the real files: all MANO recordings lift, the robot hand is refused."""
    source = GraspxlSource(shared_data / "graspxl-sample")
    requests = source.requests(None, 0)
    assert len(requests) == len(list((shared_data / "graspxl-sample").glob("*_dataset_*/*/*/*.npy")))
    refused = []
    for request in requests:
        if request.key.startswith("mano"):
            assert len(read_recording(source.path / f"{request.key}.npy").pose) >= 130
        else:
            with pytest.raises(BadInput, match="a robot hand"):
                source.trajectory(request, free_hand("right"), 49, 144, 96)
            refused.append(request.key)
    assert len(refused) == 1
    made = source.trajectory(requests[5], free_hand("right"), 49, 144, 96)
    assert made.quality.lifted
    assert made.quality.visible_fraction == 1.0
