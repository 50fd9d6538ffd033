"""The map-style dataset: every label and picture of every row, and only what was asked for."""

import dataclasses
import pickle
from multiprocessing.context import ForkServerContext

import numpy as np
import pytest
from torch.utils.data import DataLoader

from pam_models.media.decoding import Clip
from pam_models.readers import CacheConfig, FrameDataset, ReadConfig, ReadError, Selection
from tests.pam_models.readers.small_build import SmallBuild, pixels


def in_reading_order(build: SmallBuild) -> list[dict[str, object]]:
    """The written rows by clip and frame; hands of one frame as they were written."""
    return sorted(build.rows, key=lambda row: (row["clip_id"], row["frame"]))


def test_every_row_comes_back_with_its_picture(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches labels of a neighbouring row, a picture of another clip or frame, and rows that are not ok."""
    dataset = FrameDataset(build.address, ReadConfig(vertices="stored", cache=cache))
    wanted = in_reading_order(build)
    assert len(dataset) == len(wanted)
    for item, row in zip(map(dataset.__getitem__, range(len(dataset))), wanted, strict=True):
        for name in ("xyz", "uv", "K", "T_world_cam", "pose_flat", "betas", "transl", "vertices", "object_pose"):
            np.testing.assert_array_equal(item[name].ravel(), np.asarray(row[name], np.float32).ravel(), name)
        assert (item["clip_id"], item["frame"], item["is_right"]) == (
            row["clip_id"], row["frame"], row["side"] == "right",
        )  # fmt: skip
        assert item["joint_visible"].tolist() == np.asarray(row["joint_visible"]).tolist()
        assert np.isnan(item["mpjpe_mm"]) == (row["mpjpe_mm"] is None) == (not item["detected"])
        number, frame = int(str(row["clip_id"])[4:]), int(str(row["frame"]))
        shown = pixels(number, frame + 1)[frame]
        assert np.abs(item["image"][20:70, 20:50].mean((0, 1)) - shown[20:70, 20:50].mean((0, 1))).max() < 2.5


def test_a_single_frame_does_not_decode_the_clip(
    build: SmallBuild, cache: CacheConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Catches random access by way of whole clips."""

    def whole(clip: Clip) -> object:
        raise AssertionError("the whole clip was decoded")

    monkeypatch.setattr(Clip, "planes", whole)
    dataset = FrameDataset(build.address, ReadConfig(cache=cache))
    assert dataset[12]["frame"] == 12
    assert dataset[-1]["clip_id"] == "clip4"


@pytest.mark.parametrize("kind", ["free", "mano"])
def test_surfaces_are_skinned_on_demand(
    kind: str, build: SmallBuild, mano_build: SmallBuild, cache: CacheConfig
) -> None:
    """Catches surfaces in world axes, of the other side, or of another frame."""
    made = build if kind == "free" else mano_build
    dataset = FrameDataset(made.address, ReadConfig(vertices="computed", mano_dir=made.mano_dir, cache=cache))
    for number in (0, 15, len(dataset) - 1):
        item = dataset[number]
        wrist_and_tips = item["xyz"][[4, 8, 12, 16, 20]]
        nearest = np.linalg.norm(item["vertices"][:, None] - wrist_and_tips, axis=-1).min(0)
        assert item["vertices"].shape == (778, 3)
        assert nearest.max() < 1e-5
    if kind == "free":
        stored = FrameDataset(made.address, ReadConfig(vertices="stored", cache=cache))
        np.testing.assert_allclose(stored[15]["vertices"], dataset[15]["vertices"], atol=1e-6)


def test_missing_surfaces_and_hands_are_named(mano_build: SmallBuild, cache: CacheConfig) -> None:
    """Catches NaN surfaces, and the free hand in place of MANO."""
    with pytest.raises(ReadError, match='no row has stored vertices; ask for vertices="computed"'):
        FrameDataset(mano_build.address, ReadConfig(vertices="stored", cache=cache))
    dataset = FrameDataset(mano_build.address, ReadConfig(vertices="computed", cache=cache))
    with pytest.raises(ReadError, match="name the folder of your MANO files"):
        dataset[0]


def test_another_hand_file_is_found_out(mano_build: SmallBuild, build: SmallBuild, cache: CacheConfig) -> None:
    """Catches surfaces of a hand that the labels do not belong to."""
    dataset = FrameDataset(mano_build.address, ReadConfig(vertices="computed", cache=cache))
    clips = dataset.frames.index.clips
    names = clips.schema.get_field_index("hand_model")
    renamed = clips.set_column(names, "hand_model", [["free"] * clips.num_rows])
    dataset.frames.index = dataclasses.replace(dataset.frames.index, clips=renamed)
    for number, side in ((0, "right"), (13, "left")):
        with pytest.raises(ReadError, match=rf"free {side} hand here gives joints .* mm off the labels"):
            dataset[number]


def test_selected_frames_only(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches a condition that is ignored, or that lets null through."""

    def rows(**conditions: object) -> list[dict[str, object]]:
        config = ReadConfig(Selection(**conditions), pictures=False, cache=cache)  # type: ignore[arg-type]
        dataset = FrameDataset(build.address, config)
        return [dataset[number] for number in range(len(dataset))]

    assert {row["split"] for row in rows(split="val")} == {"val"}
    assert not any(row["is_right"] for row in rows(side="left"))
    near = rows(max_mpjpe_mm=12.0)
    assert {int(str(row["frame"])) for row in near} == {0, 2}
    assert len(rows(detected=False)) == 6
    assert all(int(str(row["joints_in_image"])) >= 1 for row in rows(split="test", min_joints_in_image=1))
    assert len(rows(split="test", min_joints_in_image=1)) == 9
    assert {row["object_name"] for row in rows(objects=("cube-2",))} == {"cube-2"}
    assert {row["clip_id"] for row in rows(clips=("clip1", "clip3"))} == {"clip1", "clip3"}


def test_numbers_outside_are_refused(build: SmallBuild, cache: CacheConfig) -> None:
    """Catches a sampler that reads past the end and gets another row."""
    dataset = FrameDataset(build.address, ReadConfig(pictures=False, cache=cache))
    for number in (len(dataset), -len(dataset) - 1):
        with pytest.raises(IndexError):
            dataset[number]


def test_it_travels_to_workers(build: SmallBuild, cache: CacheConfig, fresh: ForkServerContext) -> None:
    """Catches open files and decoders in what is sent to other processes, and items that do not collate."""
    dataset = FrameDataset(build.address, ReadConfig(Selection(split="train"), cache=cache))
    dataset[0]
    again = pickle.loads(pickle.dumps(dataset))
    np.testing.assert_array_equal(again[5]["image"], dataset[5]["image"])
    batches = list(DataLoader(dataset, batch_size=16, num_workers=1, multiprocessing_context=fresh))
    assert sum(len(batch["image"]) for batch in batches) == len(dataset)
    assert tuple(batches[0]["xyz"].shape) == (16, 21, 3)
