"""The pose step: what a configuration asks for, and rows with everything that later steps read."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from pam_models.pose.source import BadInput
from tasks.build import open_build
from tasks.config import GenerateConfig
from tasks.config.output import output_subset
from tasks.config.stages import DexycbPose
from tasks.hands import resolve_hand
from tasks.media import read_frames
from tasks.pose import PoseStage, items, models, source_of, without_folder
from tasks.rendering import maps_of
from tasks.scene import scene_of, unpack_maps
from tasks.stage import Row
from tasks.steps import BY_NAME
from tasks.store import Store
from tests.tasks.recorded import dexycb_config, oakink2_config
from tests.tasks.stage_inputs import item, small_config, store_in


def test_items_are_the_requests_and_repeat(tmp_path: Path) -> None:
    """Catches ids that depend on the run, and a count that is ignored."""
    build = open_build(small_config("pose.trajectories=3"), store_in(tmp_path))
    first, again = list(items(build, BY_NAME["pose"])), list(items(build, BY_NAME["pose"]))
    assert [one.item_id for one in first] == [one.item_id for one in again]
    assert len({one.item_id for one in first}) == 3
    assert len({one.key.split("-")[0] for one in first[:2]}) == 2


def test_a_request_becomes_a_row_with_media(tmp_path: Path) -> None:
    """Catches media that are not in the store under the row's key, and maps of another size than asked for."""
    store = store_in(tmp_path)
    stage = PoseStage(small_config(), store)
    stage.setup()
    (row,) = stage.infer([item(fields={"request_seed": 11})])
    maps = unpack_maps(store.read_media(row["maps_uri"], row["maps_sha256"]))
    assert maps.labels.shape == (49, 96, 144)
    assert len(read_frames(store.read_media(row["preview_uri"], row["preview_sha256"]))) == 49
    assert row["lifted"] and row["object_word"] == "mug"


def test_a_rejected_trajectory_is_a_filtered_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Catches a failed grasp that counts as a failure of the machinery."""
    from pam_models.pose.source import TrajectoryRejected
    from pam_models.pose.sources.physics import PhysicsSource

    def reject(*_: object) -> None:
        raise TrajectoryRejected("not lifted")

    monkeypatch.setattr(PhysicsSource, "trajectory", reject)
    stage = PoseStage(small_config(), store_in(tmp_path))
    stage.setup()
    (row,) = stage.infer([item(fields={"request_seed": 11})])
    assert (row["status"], row["error_message"]) == ("filtered", "not lifted")


def test_lineage_names_the_hand(tmp_path: Path) -> None:
    """Catches parts that do not say which hand their labels belong to."""
    build = open_build(small_config(), store_in(tmp_path))
    assert list(models(build, BY_NAME["pose"])) == ["hand-free-right"]


def test_a_bad_recording_is_named_without_this_machines_folders(tmp_path: Path) -> None:
    """Catches rows that differ from machine to machine."""
    config = small_config("pose.source=graspxl", f"pose.path={tmp_path}")
    assert without_folder(f"{tmp_path}/a/b.npy: has no frames", config) == "a/b.npy: has no frames"
    assert without_folder("as it is", small_config()) == "as it is"


def test_recordings_are_read_from_their_folder(tmp_path: Path, shared_data: Path) -> None:
    """Catches a source that ignores the configuration."""
    folder = shared_data / "graspxl-sample"
    config = small_config("pose.source=graspxl", f"pose.path={folder}")
    assert len(source_of(config).requests(None, 0)) == 20


def row_of(config: GenerateConfig, store: Store, place: int = 0) -> Row:
    """The row of one of the build's requests, and its item's key."""
    asked = list(items(open_build(config, store), BY_NAME["pose"]))[place]
    stage = PoseStage(config, store)
    stage.setup()
    (row,) = stage.infer([asked])
    return {**row, "item_id": asked.item_id}


@pytest.mark.parametrize("side", ["right", "left"])
def test_a_dexycb_recording_becomes_a_row_that_gives_its_scene_back(tmp_path: Path, side: str) -> None:
    """Catches a left hand made with the right hand's model, objects on the table that the maps lack, and a scene that
    later steps build otherwise than the pose step did.
    """
    config, store = dexycb_config(tmp_path, side=side), store_in(tmp_path / "store")
    row = row_of(config, store)
    assert (row["side"], row["source"], row["source_fps"], row["fps"]) == (side, "dexycb", 30.0, 15.0)
    assert len(row["source_frames"]) == 49 and row["other_objects"] == ["025_mug"] and row["second_side"] is None
    assert not row["left_shapedirs_fixed"] and len(row["T_world_cam"]) == 16
    maps = unpack_maps(store.read_media(row["maps_uri"], row["maps_sha256"]))
    assert {0, 2, 14, 255} == set(np.unique(maps.labels).tolist())
    mesh = store.read_media(row["object_mesh_uri"], row["object_mesh_sha256"])
    again = maps_of(scene_of(row, resolve_hand(config, side), mesh))
    np.testing.assert_array_equal(again.labels, maps.labels)
    assert "dexycb:CC-BY-NC-4.0" in row["license_tags"]


def test_a_two_handed_recording_keeps_both_hands_and_its_moving_camera(tmp_path: Path) -> None:
    """Catches a second hand that is lost between the source and the maps, and one camera pose for all frames."""
    config, store = oakink2_config(tmp_path, "pose.cameras=[egocentric]"), store_in(tmp_path / "store")
    row = row_of(config, store)
    assert (row["side"], row["second_side"], row["source_fps"]) == ("right", "left", 120.0)
    assert len(row["T_world_cam"]) == 49 * 16 and len(row["second_joints_world_m"]) == 49 * 63
    maps = unpack_maps(store.read_media(row["maps_uri"], row["maps_sha256"]))
    assert {254, 255} <= set(np.unique(maps.labels).tolist()) and maps.second is not None
    mesh = store.read_media(row["object_mesh_uri"], row["object_mesh_sha256"])
    scene = scene_of(row, resolve_hand(config, "right"), mesh)
    again = maps_of(scene)
    np.testing.assert_array_equal(again.labels, maps.labels)
    assert again.second is not None
    np.testing.assert_array_equal(again.second.joints_px, maps.second.joints_px)
    assert len(read_frames(store.read_media(row["preview_uri"], row["preview_sha256"]))) == 49


def test_lineage_names_both_hands_of_two_handed_data(tmp_path: Path) -> None:
    """Catches parts whose left hands' file is not recorded."""
    config = dexycb_config(tmp_path)
    named = models(open_build(config, store_in(tmp_path / "store")), BY_NAME["pose"])
    assert list(named) == ["hand-mano-right", "hand-mano-left"]


def test_only_what_is_read_decides_the_build(tmp_path: Path) -> None:
    """Catches an id that needs every picture of DexYCB read, and one that does not see another pose file."""
    config = dexycb_config(tmp_path)
    assert isinstance(config.pose, DexycbPose)
    before = output_subset(config)
    recording = next(config.pose.path.glob("*/*/meta.yml")).parent
    (recording / "color_000000.jpg").write_bytes(b"a picture")
    assert output_subset(config) == before
    (recording / "pose.npz").write_bytes(b"other poses")
    assert output_subset(config) != before


def _blind(root: Path) -> None:
    """Turn every camera away from the table."""
    (file,) = root.glob("calibration/extrinsics_*/extrinsics.yml")
    held = yaml.safe_load(file.read_text())
    for name, numbers in held["extrinsics"].items():
        if name != "apriltag":
            held["extrinsics"][name] = (np.reshape(numbers, (3, 4)) * [-1, 1, -1, 1]).ravel().tolist()
    file.write_text(yaml.safe_dump(held))


LARGE = "v 0 0 0\nv 90 0 0\nv 0 80 0\nf 1 2 3"


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda root: next(root.glob("*/*/pose.npz")).write_bytes(b""), "is not an .npz"),
        (lambda root: next(root.glob("*/*/meta.yml")).write_text("serials: []"), "has no 'ycb_ids'"),
        (lambda root: next(root.glob("models/003*/*.obj")).write_text("v 0 0 0"), "a mesh needs both"),
        (
            lambda root: next(root.glob("models/003*/*.obj")).write_text("v 0 0 0\nv 90 0 0\nv 0 80 0\nf 1 2 3"),
            "millimetres",
        ),
        (_blind, "sees no joint of the hand in any of the 49 frames"),
    ],
)
def test_bad_recordings_fail_their_own_row_in_one_line(
    tmp_path: Path, spoil: Callable[[Path], object], line: str
) -> None:
    """Catches bad input that crashes a build, and a message with this machine's folders."""
    config, store = dexycb_config(tmp_path), store_in(tmp_path / "store")
    assert isinstance(config.pose, DexycbPose)
    spoil(config.pose.path)
    with pytest.raises(BadInput) as caught:
        row_of(config, store, place=3 if line.startswith("sees") else 0)
    message = str(caught.value)
    assert line in message and "\n" not in message and str(tmp_path) not in message


def test_planning_loads_no_torch() -> None:
    """Catches seconds and a quarter of a gigabyte in every driver, which needs a source of motion only to count."""
    code = "import sys, tasks.pose; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
