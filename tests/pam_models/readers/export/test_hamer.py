"""HaMeR's files, read back from what formats.md section 4.4 says of them."""

import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from pam_models.hand.skinning import skin
from tests.pam_models.readers.export.conftest import Export
from tests.pam_models.readers.small_build import SmallBuild, hand_of


def samples_of(tar: Path) -> dict[str, dict[str, bytes]]:
    found: dict[str, dict[str, bytes]] = {}
    with tarfile.open(tar) as members:
        for member in members:
            key, _, extension = member.name.partition(".")
            stream = members.extractfile(member)
            assert stream is not None
            found.setdefault(key, {})[extension] = stream.read()
    return found


def test_tar_shards(mano_build: SmallBuild, export: Export) -> None:
    """Catches mirrored left hands, boxes in another unit, poses in world axes, and samples without a list."""
    folder, _ = export("hamer", mano_build)
    samples = samples_of(folder / "train-000000.tar")
    assert len(samples) == 26
    for key, files in samples.items():
        clip, frame, side = key.split("_")
        row = next(r for r in mano_build.rows if (r["clip_id"], r["frame"], r["side"]) == (clip, int(frame), side))
        (sample,) = pickle.loads(files["data.pyd"])  # written by this test's own export
        assert sample["right"] == float(side == "right")
        np.testing.assert_array_equal(sample["keypoints_2d"][:, :2], row["uv"])
        np.testing.assert_array_equal(sample["keypoints_3d"][:, :3], row["xyz"])
        assert (sample["keypoints_3d"][:, 3] == 1).all() and sample["has_hand_pose"] == 1
        low = sample["center"] - sample["scale"] * 200 / 2
        np.testing.assert_allclose(low, row["uv"].min(0), atol=1e-3)
        pose, betas = sample["hand_pose"][None], sample["betas"]
        joints = skin(hand_of("mano", side, mano_build.mano_dir), pose, betas, np.zeros((1, 3), np.float32)).joints[0]
        np.testing.assert_allclose(joints - joints[0], row["xyz"] - row["xyz"][0], atol=1e-5)
        picture = cv2.imdecode(np.frombuffer(files["jpg"], np.uint8), cv2.IMREAD_COLOR)
        assert picture[:, :60, 0].mean() < 100 < picture[:, 84:, 0].mean()


def test_npz(build: SmallBuild, export: Export) -> None:
    """Catches rows in another order than their pictures, and a free hand's pose given out as MANO's."""
    folder, outcome = export("hamer", build, files="npz")
    assert any("has_hand_pose and has_betas are 0" in message for message in outcome.messages)
    with np.load(io.BytesIO((folder / "train.npz").read_bytes())) as arrays:
        columns: dict[str, Any] = {name: arrays[name] for name in arrays.files}
    assert len(columns["imgname"]) == 52
    for index in (0, 20, 51):
        name = str(columns["imgname"][index])
        clip, file = name.split("/")[1:]
        frame, side = file.removesuffix(".jpg").split("_")
        row = next(r for r in build.rows if (r["clip_id"], r["frame"], r["side"]) == (clip, int(frame), side))
        np.testing.assert_array_equal(columns["hand_keypoints_2d"][index, :, :2], row["uv"])
        assert (folder / name).exists()
    assert not columns["has_hand_pose"].any() and not columns["has_betas"].any()
