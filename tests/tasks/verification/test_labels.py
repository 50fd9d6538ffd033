"""Labels of a real trajectory, altered one at a time."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tasks.samples import SamplesStage
from tasks.tables.parts import check_rows
from tasks.tables.registry import TABLES
from tasks.verification.findings import Finding, Findings
from tasks.verification.labels import check_labels, truth_of
from tasks.verification.pictures import Shown, check_masks
from tests.tasks.stage_inputs import clip_row, item, small_config, store_in, trajectory_row

Row = dict[str, Any]
Labels = tuple[Row, list[Row], bytes]


@pytest.fixture(scope="module")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Labels:
    """A trajectory's row, the samples of a clip of it, and its maps."""
    store = store_in(tmp_path_factory.mktemp("labels"))
    trajectory = trajectory_row(store)
    stage = SamplesStage(small_config(), store)
    stage.setup()
    names = ("mpjpe_mm_per_frame", "pa_mpjpe_mm_per_frame", "error_2d_px_per_frame")
    scores = {**{name: np.arange(49.0) for name in names}, "detected_per_frame": [True] * 49}
    (rows,) = stage.infer([item(pose=trajectory, video=clip_row(store), score_clips=scores)])
    common = {"parent_id": "clip", "shard_id": "s", "status": "ok", "attempts": 1, "seed": 1}
    rows = [{**row, **common, "item_id": f"row-{number}"} for number, row in enumerate(rows)]
    return {"second_side": None, **trajectory}, rows, store.read(trajectory["maps_uri"])


def look(labels: Labels, change: Callable[[list[Row]], object] = lambda rows: None) -> list[Finding]:
    trajectory, rows, maps = labels
    altered = [{name: np.array(value) if isinstance(value, list) else value for name, value in row.items()}
               for row in rows]  # fmt: skip
    for row in altered:
        row["license_tags"] = ["x"]
    change(altered)
    truth, findings, shown = truth_of(trajectory), Findings(), Shown()
    assert truth is not None
    check_labels(check_rows(TABLES["samples"], altered), "part", {"mug": truth}, shown, findings)
    check_masks(maps, (trajectory["side"], None), shown.hands.get("mug", {}), "maps", findings)
    return findings.found


def test_real_labels_pass_with_and_without_surfaces(labels: Labels) -> None:
    """Catches alarms about labels that are right."""
    assert look(labels) == []

    def bare(rows: list[Row]) -> None:
        for row in rows:
            row["vertices"] = None

    assert look(labels, bare) == []


def shift(name: str, by: float, place: int = 0) -> Callable[[list[Row]], object]:
    def change(rows: list[Row]) -> None:
        rows[7][name] = rows[7][name].astype(np.float64)
        rows[7][name][place] += by

    return change


@pytest.mark.parametrize(
    ("name", "by", "place", "said"),
    [
        ("uv", 0.2, 5, "uv is 0.20 px from K xyz"),
        ("K", 0.5, 2, "K is 0.5 px off"),
        ("T_world_cam", 0.01, 3, "T_world_cam is 0.01 off"),
        ("pose_flat", 0.01, 20, "pose_flat is 0.01 off"),
        ("betas", 0.01, 0, "betas is 0.01 off"),
        ("transl", 0.001, 1, "transl is 0.001 off"),
        ("bbox_xyxy", -0.5, 0, "bbox_xyxy is 0.50 px off its surface"),
        ("vertices", 0.01, 0, ""),
    ],
)
def test_one_altered_number_is_found(labels: Labels, name: str, by: float, place: int, said: str) -> None:
    """Catches a label that is off its picture or its trajectory and passes."""
    found = look(labels, shift(name, by, place))
    if name == "vertices":
        # one vertex inside the hand need not move the box around all of them
        assert all(one.kind == "label off" for one in found)
        return
    assert found and {one.kind for one in found} == {"label off"}
    assert any(f"row row-7: {said}" in one.what for one in found), found


def test_joints_moved_together_with_their_picture_are_found(labels: Labels) -> None:
    """Catches labels that agree with each other and show another motion."""

    def moved(rows: list[Row]) -> None:
        xyz = rows[7]["xyz"].reshape(21, 3) + np.array([0.0, 0.002, 0.0])
        uvw = xyz @ rows[7]["K"].reshape(3, 3).T
        rows[7] |= {"xyz": xyz.reshape(-1), "uv": (uvw[:, :2] / uvw[:, 2:]).reshape(-1)}

    assert any("xyz is 0.002 m from the trajectory's joints" in one.what for one in look(labels, moved))


def test_labels_of_two_frames_exchanged_are_found(labels: Labels) -> None:
    """Catches labels that are right in themselves and stand beside another picture."""

    def exchanged(rows: list[Row]) -> None:
        rows[5]["frame"], rows[30]["frame"] = rows[30]["frame"], rows[5]["frame"]

    assert any("trajectory's" in one.what for one in look(labels, exchanged))


def test_masks_and_visible_joints_are_those_of_the_maps(labels: Labels) -> None:
    """Catches a box that does not hold the hand's mask, and joints called visible that are hidden."""

    def smaller(rows: list[Row]) -> None:
        for row in rows:
            row["vertices"] = None
        rows[7]["bbox_xyxy"] = rows[7]["bbox_xyxy"] + np.array([3.0, 0, 0, 0])

    assert any("mask reaches" in one.what and "frame 7" in one.what for one in look(labels, smaller))

    def hidden(rows: list[Row]) -> None:
        rows[7]["joint_visible"] = ~np.asarray(rows[7]["joint_visible"], bool)

    assert any("frame 7: joint_visible" in one.what for one in look(labels, hidden))


def test_missing_labels_are_found(labels: Labels) -> None:
    """Catches rows that pass because there is nothing to look at."""
    for name in ("uv", "bbox_xyxy", "joint_visible"):
        (found, *_) = look(labels, lambda rows, name=name: rows[7].update({name: None}))
        assert (found.kind, found.what) == ("missing label", f"row row-7 lacks {name}")
