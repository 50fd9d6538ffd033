"""The pose step: what a configuration asks for, and rows with everything that later steps read."""

from pathlib import Path

import pytest

from tasks.build import open_build
from tasks.media import read_frames
from tasks.pose import PoseStage, items, models, source_of, without_folder
from tasks.scene import unpack_maps
from tasks.steps import BY_NAME
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
