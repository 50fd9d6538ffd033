"""SimpleHand's layout, read back the way formats.md section 5.1 says its dataset reads it."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pam_models.hand.skinning import skin
from pam_models.readers.errors import ExportError
from pam_models.readers.selection import Selection
from tests.pam_models.readers.export.conftest import Export
from tests.pam_models.readers.small_build import ClipPlan, SmallBuild, W, hand_of, make_build

BATCH, EPOCH_BATCHES = 32, 256


class OfficialDataset:
    """A list of picture paths; beside each the sidecar whose name ends in .json; xyz, K and vertices are asked for, uv
    is computed; without a joint strictly inside there is no box; labels relative to joint 9.
    """

    def __init__(self, json_dir: Path) -> None:
        self.paths: list[str] = json.loads(json_dir.read_text())

    def __len__(self) -> int:
        return len(self.paths)

    def read(self, index: int) -> dict[str, Any]:
        path = self.paths[index]
        image = cv2.imread(path)
        sidecar = json.loads(Path(path.replace(".jpg", ".json")).read_text())
        xyz, K = np.array(sidecar["xyz"]), np.array(sidecar["K"])
        vertices = np.array(sidecar["vertices"])
        projected = xyz @ K.T
        uv = projected[:, :2] / projected[:, 2:]
        height, width = image.shape[:2]
        inside = (uv[:, 0] > 0) & (uv[:, 0] < width) & (uv[:, 1] > 0) & (uv[:, 1] < height)
        if not inside.any():
            raise ValueError("zero-size array to reduction operation minimum")
        return {
            "image": image, "uv": uv, "xyz": xyz, "vertices": vertices, "root_xyz": xyz - xyz[9],
            "root_vertices": vertices - xyz[9], "sidecar": sidecar,
        }  # fmt: skip


def joints_of(vertices: np.ndarray, right_mano: Any) -> np.ndarray:
    """SimpleHand's joints out of right-hand vertices: the regressor, then FreiHAND's tips, in OpenPose order."""
    sixteen = right_mano.joint_regressor.astype(np.float64) @ vertices
    both = np.concatenate([sixteen, vertices[[744, 320, 443, 555, 672]]])
    return both[[0, 13, 14, 15, 16, 1, 2, 3, 17, 4, 5, 6, 18, 10, 11, 12, 19, 7, 8, 9, 20]]


def row_of(made: SmallBuild, path: str) -> dict[str, Any]:
    clip, name = path.rsplit("/", 2)[1:]
    frame, side = name.removesuffix(".jpg").split("_")
    return next(row for row in made.rows if (row["clip_id"], row["frame"], row["side"]) == (clip, int(frame), side))


def test_the_official_dataset_reads_it(mano_build: SmallBuild, export: Export) -> None:
    """Catches labels that its code cannot use: other orders, world axes, uv off K xyz, a list it runs out of."""
    folder, _ = export("simplehand", mano_build)
    dataset = OfficialDataset(folder / "train.json")
    assert -(-len(dataset) // BATCH) >= EPOCH_BATCHES
    for index in range(26):
        sample = dataset.read(index)
        assert sample["image"].shape == (96, W, 3)
        assert sample["vertices"].shape == (778, 3)
        assert (sample["xyz"][:, 2] > 0).all()
        np.testing.assert_allclose(sample["uv"], sample["sidecar"]["uv"], atol=0.01)
        nearest = np.linalg.norm(sample["vertices"][:, None] - sample["xyz"][[4, 8, 12, 16, 20]], axis=-1).min(0)
        assert nearest.max() < 2e-6


def test_right_hands_keep_their_labels(mano_build: SmallBuild, export: Export) -> None:
    """Catches a frame with another one's labels, and fingertips of another convention than SimpleHand's."""
    folder, _ = export("simplehand", mano_build)
    dataset = OfficialDataset(folder / "train.json")
    mine = [index for index in range(26) if dataset.paths[index].endswith("_right.jpg")]
    assert len(mine) == 13
    knuckles = [joint for joint in range(21) if joint not in (4, 8, 12, 16, 20)]
    for index in mine:
        sample, row = dataset.read(index), row_of(mano_build, dataset.paths[index])
        np.testing.assert_allclose(sample["xyz"][knuckles], row["xyz"][knuckles], atol=1e-6)
        hand = hand_of("mano", "right", mano_build.mano_dir)
        regressed = joints_of(sample["vertices"], hand)
        np.testing.assert_allclose(regressed[[4, 8, 12, 16, 20]], sample["xyz"][[4, 8, 12, 16, 20]], atol=2e-6)


def test_left_hands_become_right_ones(mano_build: SmallBuild, export: Export) -> None:
    """Catches a picture, camera, joints, surface or parameters that were not mirrored with the rest."""
    folder, outcome = export("simplehand", mano_build)
    assert "13 left hands mirrored" in outcome.messages[0]
    dataset = OfficialDataset(folder / "train.json")
    right = hand_of("mano", "right", mano_build.mano_dir)
    mine = [index for index in range(26) if dataset.paths[index].endswith("_left.jpg")]
    for index in mine:
        sample, row = dataset.read(index), row_of(mano_build, dataset.paths[index])
        blue = sample["image"][..., 0].astype(int)
        assert blue[:, : W // 2 - 4].mean() > 150 > 100 > blue[:, W // 2 + 4 :].mean()
        assert sample["sidecar"]["K"][0][2] == pytest.approx(W - 1 - row["K"][0, 2], abs=1e-5)
        np.testing.assert_allclose(sample["uv"][:4, 0], W - 1 - row["uv"][:4, 0], atol=0.01)
        np.testing.assert_allclose(sample["uv"][:4, 1], row["uv"][:4, 1], atol=0.01)
        sidecar = sample["sidecar"]
        pose, betas, transl = (np.array([sidecar[name]], np.float32) for name in ("pose_flat", "betas", "transl"))
        np.testing.assert_allclose(skin(right, pose, betas, transl).vertices[0], sample["vertices"], atol=1e-5)


def test_parameters_of_right_hands_are_in_camera_axes(mano_build: SmallBuild, export: Export) -> None:
    """Catches R t + T in place of the rule that turns a hand about its wrist."""
    folder, _ = export("simplehand", mano_build)
    dataset = OfficialDataset(folder / "train.json")
    sample = next(dataset.read(index) for index in range(26) if dataset.paths[index].endswith("0007_right.jpg"))
    sidecar = sample["sidecar"]
    pose, betas, transl = (np.array([sidecar[name]], np.float32) for name in ("pose_flat", "betas", "transl"))
    posed = skin(hand_of("mano", "right", mano_build.mano_dir), pose, betas, transl)
    np.testing.assert_allclose(posed.vertices[0], sample["vertices"], atol=1e-5)


def test_mirrored_parameters_of_the_free_hand(build: SmallBuild, export: Export) -> None:
    """Catches MANO's mirror plane used for a hand that is mirrored in another one."""
    folder, _ = export("simplehand", build, selection=Selection(clips=("clip1",)))
    sidecar = json.loads((folder / "clip1" / "0003_left.json").read_text())
    pose, betas, transl = (np.array([sidecar[name]], np.float32) for name in ("pose_flat", "betas", "transl"))
    posed = skin(hand_of("free", "right", None), pose, betas, transl)
    np.testing.assert_allclose(posed.joints[0], sidecar["xyz"], atol=1e-5)


def test_without_mano_joints_only(build: SmallBuild, export: Export) -> None:
    """Catches another hand's surface sold as MANO's, and silence about it."""
    folder, outcome = export("simplehand", build)
    assert any("mesh loss has nothing to learn from" in message for message in outcome.messages)
    assert "KeyError: 'vertices'" in (folder / "README.md").read_text()
    sidecar = json.loads((folder / "clip0" / "0000_right.json").read_text())
    assert "vertices" not in sidecar and len(sidecar["xyz"]) == 21


def test_frames_with_few_joints_are_left_out_and_counted(build: SmallBuild, export: Export) -> None:
    """Catches frames on which the official reader raises, and frames that vanish without a word."""
    folder, outcome = export("simplehand", build)
    assert outcome.messages[0].startswith("70 pictures; 4 of 74 frames left out")
    listed = json.loads((folder / "test.json").read_text())
    assert [path[-14:-10] for path in listed] == [f"{frame:04d}" for frame in range(9)]
    assert not (folder / "clip4" / "0009_right.jpg").exists()


def test_nothing_left_is_an_error(tmp_path: Path, export: Export) -> None:
    """Catches an export without a picture that looks like a success."""
    empty = make_build(tmp_path, [ClipPlan(frames=9, away=9)])
    with pytest.raises(ExportError, match="none of 9 frames shows 9 joints"):
        export("simplehand", empty)


def test_lists_can_be_left_alone_and_moved(build: SmallBuild, export: Export) -> None:
    """Catches a repetition that cannot be turned off, a silent trap, and names that fit one machine alone."""
    folder, outcome = export("simplehand", build, repeat=False, list_prefix="data/pam/")
    listed = json.loads((folder / "train.json").read_text())
    assert len(listed) == 52
    assert listed[0] == "data/pam/clip0/0000_right.jpg"
    assert any("MINIBATCH_PER_EPOCH = 2" in message for message in outcome.messages)


def test_a_destination_that_the_reader_would_misread_is_refused(build: SmallBuild, export: Export) -> None:
    """Catches paths in which '.jpg' is replaced in a folder's name too."""
    with pytest.raises(ExportError, match=r"has '\.jpg' in it"):
        export("simplehand", build, to="set.jpg/out", selection=Selection(split="val"))
